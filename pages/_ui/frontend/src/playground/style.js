// The element's own styles; colours come from Streamlit's theme and, by role, from the dashboard's palette.
export const STYLE = `
.play-root { container: play / inline-size; color: var(--st-text-color); font-family: var(--st-font, sans-serif);
  font-size: 14px; line-height: 1.35; transition: color 1ms;
  --play-soft: color-mix(in srgb, var(--st-text-color) 75%, var(--st-background-color));
  --play-line: color-mix(in srgb, var(--st-text-color) 22%, var(--st-background-color));
  --play-edge: color-mix(in srgb, var(--st-text-color) 55%, var(--st-background-color)); }
.play-root * { box-sizing: border-box; }
.play-hidden { position: absolute; width: 1px; height: 1px; margin: -1px; padding: 0; overflow: hidden; clip-path: inset(50%); border: 0; white-space: nowrap; }
.play-columns { display: grid; grid-template-columns: 186px minmax(0, 1fr) 218px; gap: 14px; height: var(--play-height, 440px); margin-top: 8px; }
.play-controls, .play-numbers { display: flex; flex-direction: column; gap: 9px; min-height: 0; overflow-y: auto; padding: 2px; }
.play-stage { display: flex; flex-direction: column; gap: 6px; min-height: 0; min-width: 0; }
.play-paper { position: relative; flex: 1 1 0; min-height: 180px; border: 1px solid var(--play-line); border-radius: 8px; }
.play-canvas { position: absolute; inset: 0; width: 100%; height: 100%; display: block; border-radius: 8px; cursor: crosshair; }
.play-tip { position: absolute; left: 8px; bottom: 8px; pointer-events: none; max-width: calc(100% - 16px); padding: 3px 7px; border-radius: 6px; font-size: 13px;
  background: var(--st-secondary-background-color); color: var(--st-text-color); border: 1px solid var(--play-edge); }
.play-overlay { position: absolute; left: 12px; top: 10px; font-size: clamp(14px, 2.2cqw, 22px); padding: 2px 8px; border-radius: 6px;
  background: color-mix(in srgb, var(--st-background-color) 82%, transparent); pointer-events: none; }
.play-legend, .play-lines { display: flex; flex-wrap: wrap; gap: 2px 12px; margin: 0; font-size: 12.5px; color: var(--play-soft); }
.play-note { flex-basis: 100%; }
.play-note:empty { display: none; }
.play-key { display: inline-flex; align-items: center; gap: 5px; }
.play-mark { width: 9px; height: 9px; display: inline-block; flex: none; }
.play-mark.play-pool { border-radius: 50%; background: var(--play-pool); }
.play-mark.play-validation { background: var(--play-validation); transform: rotate(45deg) scale(0.85); }
.play-mark.play-coreset, .play-mark.play-second { width: 11px; height: 11px; background: var(--play-coreset);
  clip-path: polygon(33% 0, 67% 0, 67% 33%, 100% 33%, 100% 67%, 67% 67%, 67% 100%, 33% 100%, 33% 67%, 0 67%, 0 33%, 33% 33%); }
.play-mark.play-second { background: var(--play-second); transform: rotate(45deg); }
.play-mark.play-value, .play-mark.play-bound, .play-mark.play-random { width: 18px; height: 0; border-top: 2px solid var(--play-coreset); }
.play-mark.play-bound { border-top: 2px dashed var(--st-text-color); }
.play-mark.play-random { border-top: 2px dotted var(--play-random); }
.play-caption { margin: 0; min-height: 2.7em; font-size: 14px; }
.play-actions { display: flex; flex-wrap: wrap; gap: 6px; }
.play-root button, .play-root select, .play-root input[type="number"] { font: inherit; color: inherit; background: var(--st-secondary-background-color);
  border: 1px solid var(--play-edge); border-radius: 6px; padding: 3px 9px; min-height: 28px; }
.play-root button { cursor: pointer; }
.play-root button:hover:not(:disabled) { border-color: var(--st-text-color); }
.play-root button:disabled { opacity: 0.5; cursor: default; }
.play-root button[aria-pressed="true"] { border-color: var(--st-text-color); border-width: 2px; }
.play-root :is(button, select, input, canvas, summary):focus-visible, .play-segments input:focus-visible + span { outline: 2px solid var(--st-text-color); outline-offset: 2px; }
.play-field { display: flex; flex-direction: column; gap: 2px; }
.play-row { flex-direction: row; align-items: center; justify-content: space-between; }
.play-row input { width: 88px; }
.play-field b { font-weight: 600; font-variant-numeric: tabular-nums; }
.play-field input[type="range"] { width: 100%; accent-color: var(--st-primary-color); margin: 2px 0; }
.play-ends { display: flex; justify-content: space-between; font-size: 12.5px; color: var(--play-soft); }
.play-title { display: block; margin-bottom: 3px; }
.play-edit { display: flex; flex-direction: column; gap: 4px; }
.play-check { display: flex; align-items: center; gap: 7px; }
.play-check input { accent-color: var(--st-primary-color); width: 15px; height: 15px; margin: 0; }
.play-segments { display: flex; flex-wrap: wrap; gap: 4px; margin: 0; padding: 0; border: 0; min-width: 0; }
.play-segments label { position: relative; cursor: pointer; }
.play-segments input { position: absolute; opacity: 0; inset: 0; margin: 0; cursor: pointer; }
.play-segments span { display: block; padding: 3px 10px; border: 1px solid var(--play-edge); border-radius: 6px; font-size: 13.5px; }
.play-controls .play-segments { display: grid; grid-template-columns: 1fr 1fr; }
.play-controls .play-segments span { padding: 2px 6px; text-align: center; }
.play-segments input:checked + span { background: var(--st-text-color); color: var(--st-background-color); border-color: var(--st-text-color); }
.play-table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 13px; }
.play-table :is(td, th) { padding: 3px 0 3px 5px; text-align: right; border: 0; border-bottom: 1px solid var(--play-line); font-weight: 400; white-space: nowrap; }
.play-table th[scope="row"] { text-align: left; padding-left: 0; color: inherit; white-space: normal; }
.play-table thead th { color: var(--play-soft); font-size: 12.5px; }
.play-table tbody td:not(:last-child) { font-weight: 600; }
.play-table .play-poo td:not(:last-child) { font-size: 15px; }
.play-figure { display: flex; flex-direction: column; flex: 1 1 0; min-height: 130px; gap: 4px; }
.play-curve { flex: 1 1 0; min-height: 96px; max-height: 250px; width: 100%; display: block; }
.play-keys { display: grid; grid-template-columns: auto 1fr; gap: 1px 8px; margin: 4px 0 0; font-size: 12.5px; }
.play-keys dt { font-weight: 600; white-space: nowrap; }
.play-keys dd { margin: 0; }
.play-data { font-size: 13px; }
.play-data summary { cursor: pointer; }
.play-steps { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 12.5px; }
.play-steps :is(td, th) { padding: 2px 0 2px 5px; text-align: right; border: 0; border-bottom: 1px solid var(--play-line); font-weight: 400; }
.play-root [hidden] { display: none !important; }
[data-testid="stMainBlockContainer"]:has(.play-embed) { padding: 10px !important; }
.play-embed .play-columns { display: block; margin: 0; }
.play-embed :is(.play-top, .play-controls, .play-numbers, .play-legend, .play-actions) { display: none; }
.play-embed .play-stage { height: 100%; }
.play-embed .play-caption:empty { display: none; }
@container play (min-width: 960px) {
  .play-columns { grid-template-columns: 210px minmax(0, 1fr) 270px; gap: 20px; }
  .play-table { font-size: 15px; }
  .play-table :is(td, th) { padding: 6px 0 6px 5px; }
  .play-table :is(.play-transport, .play-gradient, .play-poo) td:not(:last-child) { font-size: 19px; }
  .play-table.play-three :is(.play-transport, .play-gradient, .play-poo) td:not(:last-child) { font-size: 16px; }
}
@container play (max-width: 660px) {
  .play-columns { display: flex; flex-direction: column; height: auto; }
  .play-embed .play-columns { height: var(--play-height); }
  .play-paper { flex: none; height: min(92cqw, 440px); }
  .play-embed .play-paper { flex: 1; }
  .play-stage { order: 0; } .play-numbers { order: 1; } .play-controls { order: 2; }
  .play-curve { flex: none; height: 140px; }
}
`;
