"""The words of the synthetic shop: tastes, their shelves, and the patterns that titles are made of.

In a pattern `{slot}` is drawn for every title, `[slot]` once for a whole series, and `#` is the part's number.
All names are invented for this project.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Shelf:
    """One category of the shop and its grammar.

    Args:
        name: Category shown with an item.
        singles: Patterns of titles that stand alone.
        series: Patterns of titles that belong to a series or product line.
        editions: What a later edition of a stand-alone title adds to it.
        words: Words per slot.
        longest_series: Most parts of a series.
    """

    name: str
    singles: tuple[str, ...]
    series: tuple[str, ...]
    editions: tuple[str, ...]
    words: dict[str, tuple[str, ...]]
    longest_series: int = 6


@dataclass(frozen=True)
class Taste:
    """A latent interest: the shelves that somebody with this taste buys from."""

    name: str
    shelves: tuple[Shelf, ...]


def _words(**slots: str) -> dict[str, tuple[str, ...]]:
    return {slot: tuple(word.strip() for word in words.split(";")) for slot, words in slots.items()}


_MYSTERY = Shelf(
    name="Mystery novels",
    singles=(
        "The {trade}'s {clue}: A Mystery at {place}",
        "Murder at {place}: The {trade} Investigates",
        "The {manner} {object} of {place}",
        "Nobody Leaves {place}: The {manner} {object}",
    ),
    series=("The {trade}'s {clue} ([sleuth] Mysteries, Book #)", "Death at {place} ([sleuth] Mysteries, Book #)"),
    editions=("Large Print", "Audiobook"),
    words=_words(
        trade="Clockmaker; Lighthouse Keeper; Botanist; Bookbinder; Ferryman; Archivist; Organist; Postmistress; "
        "Glassblower; Beekeeper; Cartographer; Milliner; Apothecary; Gamekeeper; Stonemason; Perfumer; Violinist; "
        "Innkeeper; Locksmith; Magistrate; Librarian; Portraitist; Signalman; Antiquary",
        clue="Alibi; Ledger; Last Letter; Secret; Confession; Silver Key; Witness; Shadow; Inheritance; Silence; "
        "Missing Hour; Bargain; Testament; Locket; Accomplice; Forgery; Warning; Disappearance",
        place="Ravenmere Hall; Saltmarsh Priory; the Halcyon Hotel; Candle Street; Thornfield Crossing; "
        "Pennywell Manor; the Old Observatory; Gull Island; Winterbourne Station; the Opera House; Larkrise Abbey; "
        "the Blue Teashop; Corbel Court; Hazelwick; the Regatta; Drumlin Castle; the Night Ferry; Ashcombe College; "
        "Marrow Bay; the Bell Tower",
        sleuth="Inspector Calloway; Constable Finchley; Agnes Thornbury; Father Ambrose; Detective Brandt; "
        "Mrs. Dunmore; Sergeant Quill; Professor Hallam; Nell Ashworth; Captain Varga; Judge Okafor; Clara Voss; "
        "Doctor Slate; Tobias Wrenfield; Matilda Cranmore; Inspector Sandoval; Rosalind Pyke; Chief Lindholm; "
        "Hattie Bellweather; Major Ellery; Sister Benedetta; Lionel Thrush; Sheriff Abara; The Misses Greer; "
        "Edith Lavigne; Inspector Kurosawa; Doctor Penhaligon; Ferdinand Oakes",
        manner="Curious; Quiet; Perfect; Untimely; Twelfth; Vanished; Borrowed; Elegant; Stolen; Unwelcome",
        object="Guest; Poisoner; Heiress; Stranger; Verdict; Burglary; Suspect; Reunion; Visitor; Blackmailer",
    ),
    longest_series=9,
)

_SCIENCE_FICTION = Shelf(
    name="Science fiction",
    singles=(
        "The {quality} {vessel}: A Novel of {world}",
        "{signal} from {world}: Stories of the {crew}",
        "{signal} Beyond {world}: Stories of the {crew}",
        "The {crew} of {world}: A Novel of the Stars",
        "The {crew} and the {quality} {vessel}",
    ),
    series=("{world} {event} ([saga], Book #)", "The {quality} {vessel} ([saga], Book #)"),
    editions=("Audiobook", "Collector's Edition"),
    words=_words(
        quality="Silent; Last; Drifting; Thousand-Year; Glass; Borrowed; Quantum; Sleeping; Distant; Unfinished; "
        "Magnetic; Wandering; Tidal; Frozen; Patient; Hollow; Luminous; Second",
        vessel="Starship; Orbit; Colony; Engine; Station; Satellite; Airlock; Telescope; Lander; Probe; Reactor; "
        "Android; Spacesuit; Observatory; Dyson Ring; Ark; Algorithm; Elevator",
        signal="Signals; Postcards; Transmission; Echoes; Light; Whispers; Telemetry; Static; Footsteps; Messages",
        world="Titan Harbor; Kepler Nine; the Oort Frontier; New Ceres; Proxima; the Europa Deep; Vesta Prime; "
        "Andara; the Red Colony; Callisto Yard; Meridian Station; the Far Belt; Ganymede; Orison Four; "
        "the Helium Sea; Tau Landing; Pallas Gate; Ixion",
        crew="Engineers; Navigators; Cartographers; Orphans; Terraformers; Pilots; Archivists; Gardeners; Miners; "
        "Physicists",
        event="Rising; Falling; Uprising; Burning; Armistice; Eclipse; Departure; Exodus; Protocol; Awakening; "
        "Horizon; Paradox; Ascendant; Reckoning; Inheritance; Contact",
        saga="The Ansible War; Chronicles of the Long Orbit; The Lagrange Cycle; Children of the Drive; "
        "The Perihelion Trilogy; The Vacuum Diplomats; Gravity's Heirs; The Cold Equator; Machines of Mercy; "
        "The Starlane Files; The Parallax Sequence; Tides of Jupiter; The Cryosleep Papers; The Singularity Watch; "
        "Empire of Small Moons; The Relay Keepers; The Heliopause Saga; Sons of the Asteroid; The Wormhole Survey; "
        "Beyond the Kuiper Line",
    ),
    longest_series=9,
)

_FANTASY = Shelf(
    name="Fantasy novels",
    singles=(
        "The {creature} of {realm}: A Tale of the {metal} {treasure}",
        "The {treasure} and the {creature}: A Legend of {realm}",
        "{realm} and the {metal} {treasure}",
        "The {metal} {treasure} of {realm}",
    ),
    series=("The {metal} {treasure} ([cycle], Book #)", "The {creature}'s {treasure} ([cycle], Book #)"),
    editions=("Illustrated Edition", "Audiobook"),
    words=_words(
        creature="Dragon; Witch; Dwarf King; River Spirit; Griffin; Hedge Wizard; Unicorn; Troll; Moon Elf; "
        "Sorceress; Basilisk; Oracle; Dryad; Shapeshifter; Phoenix; Rune Smith; Goblin Prince; Enchantress; "
        "Stone Giant; Selkie",
        realm="Elderglen; Mistral Keep; the Thornwood; Amberfall; the Nine Towers; Ysmere; Dunhallow; "
        "the Whispering Marsh; Caer Lorrin; Silverfen; the Ember Throne; Valdoria; the Sunken Kingdom; Hartsong; "
        "Mirrowdale; the Winter Court",
        metal="Iron; Silver; Golden; Crystal; Obsidian; Emerald; Bronze; Sapphire; Ivory; Ebon; Moonlit; Thorned; "
        "Enchanted; Cursed",
        treasure="Crown; Sword; Grimoire; Chalice; Throne; Amulet; Rune; Staff; Oath; Prophecy; Shield; Spell; "
        "Mirror; Dagger; Ring; Horn",
        cycle="The Elderglen Saga; Heirs of Mistral Keep; The Thornwood Chronicle; Song of the Nine Towers; "
        "The Ysmere Cycle; The Hedge Wizard's Apprentice; Wardens of Dunhallow; The Rune Smith Legends; "
        "Daughters of the Winter Court; The Griffin Riders; The Amberfall Prophecy; The Last Spellwright; "
        "Tales from Caer Lorrin; The Dragon Accord; Kingdom of Ash and Ivy; The Moonblade Quartet; "
        "The Silverfen Witches; Oathkeepers of Valdoria",
    ),
    longest_series=9,
)

_TABLETOP = Shelf(
    name="Tabletop adventures",
    singles=("{quest} the {lair}: {format}", "{expansion} of the {lair}: {format}"),
    series=("[game]: {expansion} of the {lair}, Expansion #", "[game]: {quest} the {lair}, Adventure Module #"),
    editions=("Deluxe Edition", "Travel Edition"),
    words=_words(
        quest="Escape; Siege of; Return to; Secrets of; Beneath; Beyond; Raiders of; Defend; Curse of; Lords of; "
        "Guardians of; Into",
        lair="Goblin Mines; Dragon's Hoard; Haunted Keep; Crypt of Kings; Spider Caverns; Sorcerer's Tower; "
        "Sunken Temple; Frost Fortress; Bandit Road; Enchanted Forest; Lich's Vault; Giant's Stair; "
        "Necromancer's Gate; Wyvern Nest; Labyrinth; Troll Bridge; Twilight Citadel; Dwarven Forge",
        format="A Fantasy Board Game; A Solo Adventure; A Dice Game; A Card Game; A Cooperative Quest; "
        "A Role-Playing Starter Set",
        game="Swords & Lanterns; Delvers; Runeroad Realms; Questhaven; Guilds of Eldermoor; The Dungeon Ledger; "
        "Spellfall; Heroes' Tavern; Banner and Blade; Mythwardens; Tome of Trials; Wizard's Gambit; "
        "Kingdoms in Miniature; The Relic Seekers",
        expansion="Champions; Legends; Monsters; Relics; Treasures; Perils; Warriors; Spells; Shadows; "
        "Champions and Foes",
    ),
)

_COOKBOOKS = Shelf(
    name="Cookbooks",
    singles=(
        "{dish} and {dish}: {count} {manner} Recipes",
        "The {manner} {region} Kitchen: {count} Recipes",
        "Simply {dish}: {count} {manner} Recipes",
        "{region} {meal} at Home",
    ),
    series=("The [author] Cookbook, Volume #: {region} {meal}", "Cooking with [author] #: {manner} {dish}"),
    editions=("Second Edition", "Gift Edition"),
    words=_words(
        dish="Soups; Sourdough; Pasta; Curries; Stews; Dumplings; Salads; Pies; Noodles; Risotto; Flatbreads; Tarts; "
        "Casseroles; Pickles; Pancakes; Roasts; Puddings; Biscuits; Chutneys; Omelettes; Gnocchi; Broths",
        region="Provençal; Sicilian; Bengali; Andalusian; Oaxacan; Nordic; Lebanese; Kerala; Tuscan; Anatolian; "
        "Basque; Sichuan; Georgian; Moroccan; Peruvian; Alpine; Cretan; Hungarian; Malay; Punjabi",
        meal="Suppers; Baking; Breakfasts; Feasts; Desserts; Small Plates; Sunday Lunches; Street Food; "
        "One-Pot Meals; Holiday Dishes; Family Dinners; Vegetarian Cooking",
        manner="Weeknight; Slow-Cooked; Rustic; Vegetarian; Simple; Thrifty; Seasonal; Wholesome; Comforting; "
        "Wood-Fired; Everyday; Festive",
        count="60; 75; 80; 100; 120; 150",
        author="Odile Marchetti; Samira Haddad; Tomas Birch; Grandmother Ruth; Priya Menon; Café Juniper; "
        "Elena Castro; Chef Lindqvist; Marguerite Okoye; Olive Press; Anton Keller; Lucia Ferraro; Copper Spoon; "
        "Hana Watanabe; Bistro Mirabelle; Noor Rahimi",
    ),
)

_KITCHENWARE = Shelf(
    name="Kitchenware",
    singles=("{wood} {tool} with {feature}", "{tool} and {tool} Set, {wood}", "{maker} {tool} with {feature}"),
    series=("[maker] {material} {pan}, {size}", "[maker] {tool} with {feature}, Kitchen Line No. #"),
    editions=("Gift Box", "Set of 2"),
    words=_words(
        wood="Stainless Steel; Beechwood; Olive Wood; Bamboo; Brushed Steel; Copper-Plated; Maple; Walnut",
        material="Stainless Steel; Cast-Iron; Copper; Enamel; Carbon Steel; Stoneware; Hammered Copper; Blue Enamel",
        tool="Rolling Pin; Whisk; Ladle; Colander; Mixing Bowl; Pepper Mill; Chopping Board; Bread Knife; "
        "Pastry Brush; Cheese Grater; Mandoline; Salad Spinner; Kitchen Scale; Paring Knife; Mortar and Pestle; "
        "Potato Masher; Spatula; Measuring Jug; Garlic Press; Baking Tray",
        pan="Saucepan; Frying Pan; Casserole; Stockpot; Sauté Pan; Roasting Tin; Griddle; Wok; Milk Pan; Dutch Oven; "
        "Loaf Tin; Pie Dish",
        size="16 cm; 18 cm; 20 cm; 22 cm; 24 cm; 26 cm; 28 cm; 30 cm",
        feature="Storage Stand; Leather Loop; Soft Grip; Hanging Hook; Travel Cover; Brass Rivets; Recipe Card; "
        "Gift Ribbon; Linen Pouch",
        maker="Tallow Lane; Norrby; Castellane; Brightwell; Ferncastle; Pepperfield; Hobbs & Vine; Oakhearth; "
        "Simmerdown; Larder & Loom; Bellpan; Crumb & Co.; Kettleworth; Maison Doret; Redgate Forge; Saltbox",
    ),
)

_GARDEN_BOOKS = Shelf(
    name="Garden books",
    singles=(
        "{manner} {plot}: A Gardener's {guide}",
        "The {plot} {guide}: Growing {plant}",
        "{plant} for the {plot}: {guide} for Beginners",
        "Growing {plant}: {guide} for Beginners",
    ),
    series=("[gardener]'s {guide} #: {plant}", "[gardener] Garden Library, Volume #: {manner} {plot}"),
    editions=("Revised Edition", "Pocket Edition"),
    words=_words(
        manner="The No-Dig; The Shady; Planting the; Designing the; The Low-Water; The Organic; Pruning in the; "
        "Rescuing the; The Four-Season; Composting for the; The Wildlife; The Weekend",
        plot="Cottage Garden; Kitchen Garden; Balcony; Orchard; Flower Border; Greenhouse; Allotment; Meadow; "
        "Courtyard; Herb Garden; Rockery; Pond Garden; Woodland Garden; Vegetable Patch",
        guide="Handbook; Almanac; Companion; Planner; Notebook; Primer; Field Book; Calendar; Workbook",
        plant="Roses; Tomatoes; Dahlias; Lavender; Tulips; Climbing Beans; Apple Trees; Ferns; Peonies; "
        "Strawberries; Hydrangeas; Basil and Thyme; Squashes; Irises; Clematis; Salad Leaves; Raspberries; Grasses; "
        "Bulbs; Camellias; Succulents; Chillies",
        gardener="Beatrix Moss; Rowan Delphine; Harriet Loam; Wilhelmina Root; Percy Trowel; Maud Fallow; "
        "Jonas Hedgerow; Fern Whitlock; Gilbert Larch; Dorothea Bloom; Silas Orchard; Tessa Verbena; Amina Thistle; "
        "Edmund Sedge",
    ),
)

_GARDEN_TOOLS = Shelf(
    name="Garden tools and seeds",
    singles=("{house} {plant} Seeds, {packet}", "{material} {tool} for {use}", "{colour} {plant} Seeds, {packet}"),
    series=("[house] Heritage Seeds No. #: {colour} {plant}", "[house] {material} {tool}, Garden Line No. #"),
    editions=("Pack of 3", "Gift Tin"),
    words=_words(
        plant="Sweet Pea; Sunflower; Tomato; Foxglove; Radish; Cosmos; Runner Bean; Marigold; Poppy; Pumpkin; "
        "Lettuce; Nasturtium; Carrot; Delphinium; Beetroot; Zinnia; Kale; Hollyhock; Courgette; Snapdragon; "
        "Coriander; Cornflower",
        packet="30 Seeds; 50 Seeds; 80 Seeds; Organic; Mixed Heights; Early Variety; Late Variety; Seed Tape",
        material="Heritage; Forged Steel; Galvanised; Sturdy; Lightweight; Brass-Trimmed; Classic; Rust-Proof; "
        "Long-Life; Compact",
        tool="Trowel; Hand Fork; Watering Can; Pruning Shears; Hoe; Dibber; Hedge Clippers; Rake; Planter; "
        "Seed Tray; Wheelbarrow; Hose Reel; Plant Labels; Garden Sieve; Cold Frame; Spade; Trellis; Kneeling Mat",
        colour="Crimson; Pale Yellow; Purple; Striped; White; Deep Blue; Apricot; Scarlet; Blush Pink; Bronze",
        use="Small Gardens; Raised Beds; Clay Soil; Greenhouses; Flower Borders; Allotments; Orchards; Patios",
        house="Thistledown; Moss & Barrow; Greenacre; Hedgeley; Wrenfield; Allotment & Co.; Suttonbrook; Plumtree; "
        "Sparrow Seed; Rookery Farm; Brambleside; Marl & Sons; Hollin Hill; Petalworks",
    ),
    longest_series=9,
)

_MUSIC = Shelf(
    name="Jazz and folk records",
    singles=("{artist}: {mood} {hour}", "{artist} Live at {venue}", "{mood} Songs for {instrument} by {artist}"),
    series=("[artist]: {mood} {session}, Vol. #", "[artist] Live at {venue}, Disc #"),
    editions=("Remastered", "Vinyl"),
    words=_words(
        artist="The Delia Marsh Quartet; Otis Lanier Trio; Brass Harbor; Junie Caldwell; The Foxglove Sisters; "
        "Marcus Bell Sextet; Sixpence Ceilidh Band; Lena Duval; The Velvet Reeds; Cormac Byrne; "
        "Blue Lantern Orchestra; Ezra Holloway; Rosa Pimentel; The Hollow Fiddles; Theo Baptiste; "
        "The Midnight Ferry Band; Ingrid Solheim; Clementine Hart; Saul Whitaker Big Band; The Barley String Band; "
        "Nadia Rousseau; The Cellar Door Trio",
        mood="Slow; Midnight; Restless; Mellow; Wistful; Swinging; Tender; Smoky; Rainy-Day; Homeward; Lonesome; "
        "Golden; Bluegrass; Ballad",
        hour="Serenade; Blues; Waltz; Lullabies; Bossa Nova; Nocturnes; Reels; Shanties; Hymns; Rhapsody; Ballads; "
        "Improvisations",
        session="Sessions; Standards; Recordings; Grooves; Ballads; Tunes; Songbook; Rehearsals; Tapes; Duets",
        venue="the Blue Heron Club; Cellar 49; the Riverside Hall; the Old Granary; Club Marigold; the Folk Barn; "
        "Café Nocturne; the Harbor Festival; Studio Nine; the Tivoli; the Corn Exchange; the Lamplight Lounge",
        instrument="Saxophone; Piano; Fiddle; Double Bass; Clarinet; Accordion; Trumpet; Banjo; Acoustic Guitar; "
        "Vibraphone; Harp; Voice",
    ),
)

_TRAIL_GUIDES = Shelf(
    name="Trail guides",
    singles=(
        "{count} {manner} Walks in {region}",
        "Hiking {region}: {manner} Trails",
        "{region} by {transport}: {count} {manner} Routes",
        "{region} Trail Map: {manner} Walks",
    ),
    series=("[publisher] Walking Guide #: {region}", "[publisher] Map and Guide, Sheet #: {manner} Walks in {region}"),
    editions=("Waterproof Edition", "Updated Edition"),
    words=_words(
        count="12; 20; 25; 30; 40; 50",
        manner="Coastal; Easy; Family; Hut-to-Hut; Ridge; Waterfall; Circular; Long-Distance; Winter; Summit; "
        "Forest; Lakeside",
        region="the Corrie Hills; the Amber Coast; the Upper Valleys; Mount Sorrel; the Heather Moors; "
        "the Granite Range; the Lake Country; the Northern Fells; the Karst Plateau; the Pine Islands; Glen Marrick; "
        "the High Pass; the Chalk Downs; the Volcano Trail; the Fjord Path; the Pilgrim Road; Eagle Canyon; "
        "the Birch Wilderness",
        transport="Bicycle; Canoe; Steam Train; Kayak; Snowshoe; Horseback",
        publisher="Waymark; Cairn & Compass; The Rambler's; Contour; Boots & Bridges; Northpath; Stile; "
        "Summit Ledger; Footfall; Trig Point",
    ),
)

_CAMPING = Shelf(
    name="Camping gear",
    singles=("{maker} {material} {gear}, {colour}", "{gear}, {feature}, {colour}", "{material} {gear} for {use}"),
    series=("[maker] {gear}, Mark #, {colour}", "[maker] Trekking Series #: {material} {gear}"),
    editions=("Two-Pack", "Gift Box"),
    words=_words(
        maker="Ridgeback Supply; Tarn & Tor; Nightpeg; Stormcroft; Lodestar Outdoor; Campanula; Highbarrow; "
        "Driftpack; Wildbothy; Skarn; Pinewright; Trailhearth; Larch & Line; Cloudbase",
        material="Ultralight; Weatherproof; Compact; Rugged; All-Weather; Packable; Expedition; Lightweight; "
        "Everyday; Classic",
        gear="Two-Person Tent; Sleeping Bag; Trekking Poles; Backpack 40 L; Head Torch; Camp Stove; Sleeping Mat; "
        "Rain Jacket; Water Filter; Hammock; Dry Bag; Hiking Socks; Tarp Shelter; Compass; Cooking Pot; "
        "Thermos Flask; Gaiters; Camp Chair; Day Pack 18 L; Lantern",
        feature="Field Tested; with Carry Case; with Reflective Cord; with Repair Kit; Extra Durable; New Design; "
        "with Care Guide",
        colour="Moss Green; Slate; Rust; Ocean Blue; Sand; Charcoal; Mustard; Pine",
        use="Wild Camping; Mountain Huts; Wet Weather; Winter Nights; Bikepacking; Summer Trails; Alpine Routes; "
        "Canoe Trips",
    ),
)

_KNITTING = Shelf(
    name="Knitting and sewing",
    singles=(
        "{weight} {fibre} Yarn, {colour}, {ball}",
        "{technique} {garment} Pattern, {fit}",
        "{garment} Sewing Pattern, {fit}",
    ),
    series=("[mill] {weight} {fibre} Yarn, Shade #: {colour}", "The [mill] Pattern Book #: {technique} {garment}"),
    editions=("Beginner's Kit", "Bundle of 5"),
    words=_words(
        weight="Double Knit; Chunky; Fingering; Aran; Lace; Sport; Worsted; Super Bulky",
        fibre="Merino; Alpaca; Cotton; Mohair; Linen; Shetland Wool; Lambswool; Bamboo Silk; Tweed; Sock",
        colour="Oatmeal; Teal; Damson; Fog; Marigold; Rosehip; Indigo; Sage; Ivory; Heather; Terracotta; Midnight; "
        "Pistachio; Cranberry",
        technique="Cabled; Fair Isle; Lace; Quilted; Crocheted; Brioche; Colourwork; Smocked; Patchwork; "
        "Embroidered; Ribbed; Garter-Stitch",
        garment="Cardigan; Socks; Mittens; Shawl; Baby Blanket; Pullover; Beanie; Scarf; Wrap Skirt; Apron; "
        "Linen Shirt; Summer Dress; Tote Bag; Waistcoat; Slippers; Cushion Cover",
        ball="50 g Ball; 100 g Ball; 100 g Skein; Pack of 5",
        fit="Sizes S to L; Sizes 34 to 44; Children's Sizes; One Size; Loose Fit; Sizes 40 to 52",
        mill="Hawthorn Mill; Skein & Spindle; Woolgather; Bobbin Row; Purl Street; Lark & Loom; Fell Shepherd; "
        "Thimblewood; Harbour Haberdashery; Needle & Nettle; Twillby; Spinnaker Yarns",
    ),
    longest_series=9,
)

TASTES: tuple[Taste, ...] = (
    Taste("Mystery", (_MYSTERY,)),
    Taste("Science fiction", (_SCIENCE_FICTION,)),
    Taste("Fantasy", (_FANTASY, _TABLETOP)),
    Taste("Cooking", (_COOKBOOKS, _KITCHENWARE)),
    Taste("Gardening", (_GARDEN_BOOKS, _GARDEN_TOOLS)),
    Taste("Music", (_MUSIC,)),
    Taste("Outdoors", (_TRAIL_GUIDES, _CAMPING)),
    Taste("Handicraft", (_KNITTING,)),
)

TRADE_SHELF = Shelf(
    name="Trade counter",
    singles=(
        "Toner Cartridge {model}, {colour}",
        "{supply}, Case of {count}",
        "{part} {size}, Pack of {count}",
        "{part}, {finish}, Box of {count}",
    ),
    series=(
        "[supplier] {part} {size}, {finish}, Catalogue No. #",
        "[supplier] {device} Replacement Part #, Model {model}",
    ),
    editions=("Bulk Pallet",),
    words=_words(
        part="Hex Bolts; Wood Screws; Cable Ties; Washers; Pipe Clamps; Shelf Brackets; Fuses; Hinges; "
        "Thread Sealant; Ball Bearings; O-Rings; Heat-Shrink Tubing; Rivets; Conduit Elbows",
        size="M4; M5; M6; M8; M10; M12; 15 mm; 22 mm; 28 mm",
        count="50; 100; 200; 250; 500; 1000",
        supply="Copier Paper; Packing Tape; Thermal Till Rolls; Shipping Labels; Bubble Mailers; Paper Towels; "
        "Pallet Wrap",
        finish="Zinc Plated; Galvanised; Nylon; Brass; Black Oxide; Stainless A2",
        device="Laser Printer; Label Printer; Photocopier; Floor Polisher; Air Compressor; Hand Dryer; Pallet Truck; "
        "Till Printer",
        model="LP-210; LP-340; TX-15; TX-28; QR-7; QR-9; B-1200; B-1600",
        colour="Black; Cyan; Magenta; Yellow",
        supplier="Ironway; Depot Nine; Fixwell & Co.; Bulkline; Yardstock; Partsdock Supply",
    ),
)
