/* made from sources 765f2584d7cce5a4f89e6c66e52d81a1fc8153c21eb478d1568c11c45660aa25 */
var s=".js-plotly-plot .main-svg, [data-testid='stMain'] canvas:not([data-testid])";function a({setTriggerValue:o}){let n=performance.now(),t=0,e=()=>{document.querySelector(s)||performance.now()-n>2e3?o("due",!0):t=setTimeout(e,40)};return t=setTimeout(e,40),()=>clearTimeout(t)}export{a as default};
