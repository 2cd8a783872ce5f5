"""How the report looks on a screen and on paper, and the few lines that draw its figures."""

from __future__ import annotations

STYLE = """
:root{color-scheme:light;--ink:#1c1b19;--soft:#5f5c55;--line:#e3e1da;--back:#fff;--tint:#f7f6f2;--accent:#0f766e;
--bar:#0f766e}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0 auto;max-width:60rem;padding:2.5rem 1.25rem 4rem;background:var(--back);color:var(--ink);
font:16px/1.55 "Instrument Sans","Segoe UI",system-ui,-apple-system,sans-serif;overflow-wrap:anywhere;
-webkit-print-color-adjust:exact;print-color-adjust:exact}
h1{font-size:2.1rem;line-height:1.15;margin:.25rem 0 .75rem;letter-spacing:-.01em}
h2{font-size:1.4rem;line-height:1.25;margin:0 0 .5rem}h3{font-size:1.05rem;margin:1.75rem 0 .35rem}
p,ul,ol{margin:.25rem 0 1rem;max-width:46rem}ul,ol{padding-left:1.25rem}li{margin:.2rem 0}
.kind{color:var(--accent);font-weight:600;font-size:.85rem;letter-spacing:.04em;text-transform:uppercase;margin:0}
.when{color:var(--soft);margin-bottom:1.25rem}
.verdict{font-size:1.2rem;line-height:1.4;font-weight:600;border-left:4px solid var(--accent);
padding:.1rem 0 .1rem 1rem;margin:1.25rem 0}
.answer{font-size:1.05rem;font-weight:600}
.note,figcaption,footer{color:var(--soft);font-size:.88rem}
.old{background:#fdf3dc;border-left:4px solid #b7791f;padding:.5rem .9rem;font-size:.92rem}
nav{border:1px solid var(--line);border-radius:8px;padding:.9rem 1.1rem;margin:1.5rem 0;background:var(--tint)}
nav ol{columns:2;column-gap:2rem;margin:0;max-width:none}nav li{break-inside:avoid}
a{color:var(--accent);text-underline-offset:2px}nav a{text-decoration:none}
section{border-top:1px solid var(--line);margin-top:2.75rem;padding-top:1.5rem}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(10.5rem,1fr));gap:.75rem;margin:1rem 0 1.25rem}
.cards div{border:1px solid var(--line);border-radius:8px;padding:.7rem .85rem}
.cards dt{color:var(--soft);font-size:.85rem}.cards dd{margin:0;font-size:1.35rem;font-weight:600;line-height:1.3}
.cards small{color:var(--soft);font-size:.8rem;display:block;line-height:1.35}
figure.drawn{margin:1rem 0 1.5rem}.drawn figcaption{margin-top:.25rem;max-width:46rem}
.chart{width:100%;overflow:hidden}
.wide{overflow-x:auto;margin:.5rem 0 1.25rem}
table{border-collapse:collapse;font-size:.88rem;font-variant-numeric:tabular-nums;line-height:1.4}
th,td{text-align:left;padding:.35rem 1.1rem .35rem 0;border-bottom:1px solid var(--line);vertical-align:top;
overflow-wrap:break-word}
th{color:var(--soft);font-weight:500;vertical-align:bottom}td.number,th.number{text-align:right}
td.number span{white-space:nowrap}
td.first{font-weight:500}td.first:not(.number){min-width:5.5rem}
.facts th{vertical-align:top;width:11rem}.facts td{overflow-wrap:anywhere}tr.best td{background:#eef6f4}
.bar{display:block;height:.6rem;background:var(--bar);border-radius:2px;min-width:2px}td.long{width:50%}
.pictures{display:grid;grid-template-columns:repeat(auto-fill,minmax(5.5rem,1fr));gap:.5rem;margin:.25rem 0 1rem}
.pictures figure{margin:0}.pictures img{width:100%;aspect-ratio:1;object-fit:contain;background:#f1f0eb;
border-radius:5px;display:block}.pictures figcaption{font-size:.75rem;line-height:1.3;margin-top:.2rem}
.together{break-inside:avoid}
pre{background:var(--tint);border:1px solid var(--line);border-radius:8px;padding:.9rem 1rem;font-size:.82rem;
line-height:1.55;white-space:pre-wrap;margin:.5rem 0 1.25rem}
code{font-family:ui-monospace,"SF Mono",Menlo,Consolas,monospace;font-size:.92em}
footer{margin-top:3rem;border-top:1px solid var(--line);padding-top:1rem}
@media(max-width:40rem){body{padding:1.5rem 1rem 3rem;font-size:15.5px}h1{font-size:1.7rem}nav ol{columns:1}
.cards{grid-template-columns:repeat(2,1fr);gap:.5rem}.cards dd{font-size:1.25rem}
table{font-size:.84rem}th,td{padding-right:.8rem}.facts th{width:6.5rem}}
@page{size:A4;margin:16mm 15mm 18mm}
@media print{html{font-size:13px}body{max-width:none;padding:0;font-size:1rem}p,ul,ol,figcaption{max-width:none}
h2,h3{break-after:avoid}section{margin-top:9mm;padding-top:5mm}section.leaf{break-before:page;border-top:0;margin-top:0;
padding-top:0}
figure,.cards,tr,li,.pictures figure,nav,.facts,.short{break-inside:avoid}thead{display:table-header-group}
.wide{overflow:visible}th,td{padding:.2rem .8rem .2rem 0}p,ul{orphans:3;widows:3}pre{break-inside:avoid}
a{color:inherit;text-decoration:none}.chart{overflow:visible}}
"""

# `kindredDrawn` tells who prints that all figures stand; a printed page is narrower than most screens.
SCRIPT = """
(function(){
var PAGE=680, NARROW=480, charts=Array.prototype.slice.call(document.querySelectorAll('.chart'));
function sized(width){charts.forEach(function(one){Plotly.relayout(one,{width:width||one.clientWidth})})}
function draw(one){
  var figure=JSON.parse(one.nextElementSibling.textContent);
  figure.layout.width=one.clientWidth;
  return Plotly.newPlot(one,figure.data,figure.layout,{displayModeBar:false,displaylogo:false,scrollZoom:false})
  .then(function(){
    if(one.dataset.narrow&&one.clientWidth<NARROW)return Plotly.relayout(one,JSON.parse(one.dataset.narrow));
  });
}
charts.reduce(function(before,one){return before.then(function(){return draw(one)})},Promise.resolve())
.then(function(){window.kindredDrawn=charts.length},function(error){window.kindredFailed=String(error);throw error});
var last=window.innerWidth;
window.addEventListener('resize',function(){
  if(window.innerWidth!==last&&window.kindredDrawn!==undefined){last=window.innerWidth;sized()}
});
window.addEventListener('beforeprint',function(){if(!window.kindredPrinting)sized(Math.min(PAGE,window.innerWidth))});
window.addEventListener('afterprint',function(){if(!window.kindredPrinting)sized()});
})();
"""
