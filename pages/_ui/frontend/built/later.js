/* made from sources d9cca264919f240e97711dd69fe197d38cb0402d8ef466036b4c778a42c874b5 */
var s=".js-plotly-plot .main-svg, [data-testid='stMain'] canvas:not([data-testid])";function a({setTriggerValue:o}){let n=performance.now(),t=0,e=()=>{document.querySelector(s)||performance.now()-n>2e3?o("due",!0):t=setTimeout(e,40)};return t=setTimeout(e,40),()=>clearTimeout(t)}export{a as default};
