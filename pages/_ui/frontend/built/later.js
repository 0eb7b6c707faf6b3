/* made from sources 50d244c68370ca8b0266226c47887708924f874534fb3c9d2ee152c78745a901 */
var s=".js-plotly-plot .main-svg, [data-testid='stMain'] canvas:not([data-testid])";function a({setTriggerValue:o}){let n=performance.now(),t=0,e=()=>{document.querySelector(s)||performance.now()-n>2e3?o("due",!0):t=setTimeout(e,40)};return t=setTimeout(e,40),()=>clearTimeout(t)}export{a as default};
