// Colours come from Streamlit's theme, so that light and dark are followed.
export const STYLE = `
.gm { display: grid; grid-template-columns: minmax(0, 7fr) minmax(250px, 3fr); gap: 12px; height: max(440px, calc(100vh - 138px));
  color: var(--st-text-color); font: 14px/1.35 var(--st-font, sans-serif); transition: color 1ms; }
.gm *, .gm *::before { box-sizing: border-box; }
.gm [hidden] { display: none !important; }
.gm-main, .gm-panel { display: flex; flex-direction: column; min-width: 0; min-height: 0; }
.gm-tools { display: flex; gap: 6px; align-items: center; flex-wrap: wrap; padding-bottom: 6px; }
.gm select, .gm-input, .gm-button, .gm-tools button { font: inherit; color: inherit; background: var(--st-background-color);
  border: 1px solid color-mix(in srgb, var(--st-text-color) 45%, var(--st-background-color)); border-radius: 6px; height: 30px; padding: 0 8px; min-width: 0; }
.gm select { max-width: 196px; }
.gm-button { height: 26px; padding: 0 7px; font-size: 13px; cursor: pointer; }
.gm button:disabled { opacity: 0.5; cursor: default; }
.gm button:not(:disabled):hover, .gm select:hover { border-color: var(--st-text-color); }
.gm :focus-visible { outline: 2px solid color-mix(in srgb, var(--st-primary-color) 70%, var(--st-text-color)); outline-offset: 1px; }
.gm-tools button[aria-pressed="true"] { background: color-mix(in srgb, var(--st-text-color) 84%, var(--st-background-color)); color: var(--st-background-color); }
.gm-tools label { display: flex; gap: 5px; align-items: center; white-space: nowrap; }
.gm-find { position: relative; flex: 1 1 150px; }
.gm-find .gm-input { width: 100%; }
.gm-hits { position: absolute; z-index: 5; top: 33px; left: 0; min-width: min(440px, 80vw); max-height: 300px; overflow: auto; margin: 0; padding: 4px; list-style: none;
  background: var(--st-background-color); border: 1px solid var(--st-border-color); border-radius: 6px; box-shadow: 0 4px 16px rgb(0 0 0 / 0.22); }
.gm-hits li { display: flex; justify-content: space-between; gap: 8px; padding: 4px 6px; margin: 0; border-radius: 4px; cursor: pointer; font-size: 14px; }
.gm-hits li span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.gm-hits li[aria-selected="true"] { background: color-mix(in srgb, var(--st-primary-color) 18%, var(--st-background-color)); }
.gm-plot { position: relative; flex: 1; min-height: 0; border: 1px solid var(--st-border-color); border-radius: 6px; overflow: hidden;
  touch-action: none; cursor: grab; background: var(--st-background-color); }
.gm-plot[data-mode="lasso"] { cursor: crosshair; }
.gm-plot[data-over="true"] { cursor: pointer; }
.gm-plot canvas { position: absolute; left: 0; top: 0; width: var(--gm-width, 100%) !important; height: var(--gm-height, 100%) !important; pointer-events: none; display: block; }
.gm-plot:focus-visible { outline-offset: -2px; }
.gm-wait { position: absolute; inset: 0; display: grid; place-items: center; padding: 16px; text-align: center; }
.gm-sampled { position: absolute; left: 6px; bottom: 4px; font-size: 12.5px; pointer-events: none; padding: 0 4px; border-radius: 4px;
  background: color-mix(in srgb, var(--st-background-color) 80%, transparent); }
.gm-tip { position: absolute; z-index: 4; max-width: 300px; padding: 6px 9px; border-radius: 6px; pointer-events: none; font-size: 13px;
  background: #1f2733; color: #fff; box-shadow: 0 2px 8px rgb(0 0 0 / 0.3); }
.gm-tip strong { display: block; overflow-wrap: anywhere; }
.gm-tip dl { display: grid; grid-template-columns: auto 1fr; gap: 0 8px; margin: 2px 0 0; }
.gm-tip dt, .gm-tip dd { margin: 0; color: #fff; font-size: 13px; }
.gm-tip dt { color: #c3ccd8; font-weight: 400; }
.gm-legend { height: 52px; display: flex; flex-direction: column; justify-content: center; gap: 4px; overflow: hidden; font-size: 13px; }
.gm-marks, .gm-scale { display: flex; gap: 4px 12px; align-items: center; white-space: nowrap; overflow-x: auto; overflow-y: hidden; scrollbar-width: none; min-height: 22px; }
.gm-entry { display: flex; align-items: center; gap: 4px; border: 0; background: none; color: inherit; font: inherit; padding: 0 2px; cursor: pointer; height: 22px; }
.gm-entry[aria-pressed="false"] span { text-decoration: line-through; }
.gm-entry canvas { width: 20px; height: 20px; }
.gm-dot { width: 9px; height: 9px; border-radius: 50%; background: var(--gm-pool); flex: none; }
.gm-ring { width: 14px; height: 14px; border-radius: 50%; border: 2px solid var(--st-text-color); flex: none; }
.gm-bar { flex: 0 1 160px; min-width: 50px; height: 11px; border-radius: 2px; border: 1px solid color-mix(in srgb, var(--st-text-color) 35%, transparent); }
.gm-category { display: flex; align-items: center; gap: 4px; min-width: 0; }
.gm-category span { overflow: hidden; text-overflow: ellipsis; }
.gm-tabs { display: flex; gap: 2px; height: 36px; padding-bottom: 6px; }
.gm-tabs button { flex: 1; border: 0; border-bottom: 2px solid transparent; background: none; color: inherit; font: inherit; cursor: pointer; }
.gm-tabs button[aria-selected="true"] { border-bottom-color: currentColor; font-weight: 650; }
.gm-pane { display: flex; flex-direction: column; gap: 6px; min-height: 0; flex: 1; overflow: auto; padding: 3px; }
.gm-selection { overflow: hidden; }
.gm .gm-summary { margin: 2px 0 0; font-weight: 650; font-size: 15px; }
.gm-facts { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 1px 10px; margin: 0; font-size: 13.5px; }
.gm-facts dt, .gm-fields dt { font-weight: 400; margin: 0; font-size: inherit; line-height: inherit; }
.gm-facts dd, .gm-fields dd { margin: 0; font-size: inherit; line-height: inherit; }
.gm-facts small { margin-left: 6px; font-size: 12.5px; }
.gm-line { display: flex; gap: 6px; justify-content: space-between; align-items: center; }
.gm-line .gm-input { flex: 1; }
.gm-buttons { display: inline-flex; gap: 4px; flex-wrap: wrap; align-items: center; }
.gm-buttons[data-what]::before { content: "Save " attr(data-what) ":"; font-size: 13px; }
.gm-card { border: 1px solid var(--st-border-color); border-radius: 6px; padding: 6px 8px; overflow: auto; max-height: 52%; flex: none; font-size: 13px; }
.gm-title { font-size: 14px; overflow-wrap: anywhere; }
.gm-fields { font-size: 13px; display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 0 10px; margin: 3px 0; }
.gm-fields dd { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; font-variant-numeric: tabular-nums; }
.gm .gm-card h4, .gm .gm-caption { font-size: 13px; font-weight: 650; margin: 4px 0 0; padding: 0; line-height: 1.4; letter-spacing: 0; }
.gm-card ul, .gm-shelf { list-style: none; margin: 0; padding: 0; }
.gm-card li, .gm-shelf li { display: flex; gap: 6px; justify-content: space-between; align-items: center; margin: 0; font-size: 13px; }
.gm-shelf li { padding: 3px 0; border-bottom: 1px solid var(--st-border-color); }
.gm-name { flex: 1; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.gm-link { border: 0; background: none; padding: 1px 0; font: inherit; color: var(--st-link-color, inherit); text-align: left; cursor: pointer; overflow: hidden;
  text-overflow: ellipsis; white-space: nowrap; text-decoration: underline; text-decoration-color: transparent; }
.gm-link:hover { text-decoration-color: currentColor; }
.gm .gm-note { margin: 0; font-size: 12.5px; }
.gm-number { text-align: right; font-variant-numeric: tabular-nums; flex: none; }
.gm-table { display: flex; flex-direction: column; flex: 1; min-height: 90px; border: 1px solid var(--st-border-color); border-radius: 6px; overflow: hidden; font-size: 13px; }
.gm-scroll { flex: 1; overflow: auto; position: relative; }
.gm-rows { position: relative; }
.gm-row { display: grid; grid-template-columns: 66px minmax(0, 1fr) 58px 50px; gap: 4px; align-items: center; height: 28px; padding: 0 6px; width: 100%; }
.gm-rows .gm-row { position: absolute; left: 0; cursor: pointer; }
.gm-rows .gm-row:hover { background: var(--st-secondary-background-color); }
.gm-rows .gm-row[aria-selected="true"] { background: color-mix(in srgb, var(--st-primary-color) 20%, var(--st-background-color)); }
.gm-rows .gm-row:focus-visible { outline-offset: -2px; }
.gm-row > span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.gm-head { background: var(--st-secondary-background-color); }
.gm-head button { all: unset; cursor: pointer; font-weight: 650; max-width: 100%; overflow: hidden; text-overflow: ellipsis; }
.gm-head button:focus-visible { outline: 2px solid var(--st-primary-color); }
.gm-head [aria-sort="descending"] button::after { content: " ↓"; }
.gm-head [aria-sort="ascending"] button::after { content: " ↑"; }
.gm-filters { display: flex; flex-direction: column; gap: 10px; padding: 0 2px 6px; }
.gm-filter { display: flex; flex-direction: column; gap: 2px; }
.gm-range { font-size: 12.5px; font-variant-numeric: tabular-nums; }
.gm-histogram { width: 100%; height: 40px; cursor: col-resize; touch-action: none; }
.gm-sliders { display: grid; grid-template-columns: 1fr 1fr; gap: 8px; }
.gm-sliders input { width: 100%; margin: 0; height: 14px; accent-color: var(--st-primary-color); }
.gm-tick { display: flex; gap: 6px; align-items: center; font-size: 13px; }
.gm-tick span:first-of-type { flex: 1; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
@container (max-width: 640px) {
  .gm { grid-template-columns: minmax(0, 1fr); height: auto; }
  .gm-plot { flex: none; height: min(92vw, 60vh); }
  .gm-panel { height: 480px; }
  .gm-card { max-height: none; flex: 0 1 auto; }
}
`;
