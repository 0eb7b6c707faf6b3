// Values by their addresses: asked of the server once, kept for as long as the page is open.

/** @type {Map<string, Promise<any>>} */
const kept = new Map();

/** The server no longer holds what an address names: the page has to be run again to learn new ones. */
export class Stale extends Error {}

function asked(address, read) {
  const known = kept.get(address);
  if (known) return known;
  const answer = fetch(new URL(address, document.baseURI)).then((response) => {
    if (response.status === 404) throw new Stale(address);
    if (!response.ok) throw new Error(`${address}: ${response.status}`);
    return read(response);
  });
  kept.set(address, answer);
  answer.catch(() => kept.delete(address));
  return answer;
}

const array = (type) => (address) => asked(address, async (response) => new type(await response.arrayBuffer()));

export const floats = array(Float32Array);
export const whole = array(Int32Array);
export const codes = array(Uint16Array);
export const json = (address) => asked(address, (response) => response.json());
