// Tells the server when the first picture of the page is in sight, so that it sends what lies below.
const PICTURE = ".js-plotly-plot .main-svg, [data-testid='stMain'] canvas:not([data-testid])";
const PATIENCE_MS = 2000; // for pages without a picture
const STEP_MS = 40;

export default function show({ setTriggerValue }) {
  const begun = performance.now();
  let timer = 0;
  const look = () => {
    if (document.querySelector(PICTURE) || performance.now() - begun > PATIENCE_MS) {
      setTriggerValue("due", true);
    } else {
      timer = setTimeout(look, STEP_MS);
    }
  };
  timer = setTimeout(look, STEP_MS);
  return () => clearTimeout(timer);
}
