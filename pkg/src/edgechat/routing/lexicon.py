"""Words that say what kind of request it is, in English, German, French, Spanish, Japanese and Chinese.

Written by hand. A word with `*` stands for all that begin with it; several words are one after the other; what is
written without spaces is found anywhere.
"""

LEXICON = {
    "code": """
        python, javascript, typescript, java, rust, golang, sql, regex, bash, dockerfile, kubernetes, html, css,
        react, pandas, code, function, algorithm*, debug*, refactor*, compile*, unit test, unit tests, stack trace,
        script, api, recursi*, programm*, funktion, skript, quellcode, fonction, algorithme, programa, código,
        función, algoritmo, コード, 関数, プログラム, アルゴリズム, 正規表現, スクリプト, 代码, 函数, 编程, 算法,
        正则, 脚本, 程序
    """,
    "maths": """
        prove, proof, solve, equation*, integral, integrate, derivative, probabilit*, matrix, matrices, theorem,
        eigenvalue*, calculate, beweis*, gleichung*, ableitung, wahrscheinlichkeit*, löse, berechne, démontre*,
        équation*, intégrale, résou*, matrice, demuestra, ecuación, derivada, probabilidad, resuelve, calcula*,
        matriz, 証明, 方程式, 積分, 微分, 確率, 行列, 计算, 证明, 方程, 积分, 导数, 概率, 矩阵, 求解, 推导
    """,
    "reasoning": """
        why, compare, analyse, analyze, evaluate, tradeoff*, trade offs, pros and cons, step by step, strateg*,
        design, architect*, plan, implication*, critique, argue, argument*, difference between, in depth, in detail,
        essay, explain how, business plan, reason, warum, vergleich*, analysier*, bewerte*, vor und nachteile,
        schritt für schritt, entwirf, entwerfe, aufsatz, ausführlich, unterschied zwischen, erörter*, konzept,
        pourquoi, compar*, analyser, évalue*, avantages et inconvénients, étape par étape, stratégie, conçois,
        dissertation, en détail, différence entre, rédige*, por qué, analiza*, evalúa*, ventajas y desventajas,
        paso a paso, estrategia, diseña*, ensayo, en detalle, diferencia entre, redacta*, なぜ, 比較, 分析, 評価,
        設計, 戦略, 詳しく, 違い, 考察, 段階的, 論じ, 为什么, 比较, 评估, 设计, 策略, 详细, 区别, 论述, 优缺点, 逐步
    """,
    "expert": """
        lawsuit, liabilit*, contract, diagnos*, symptom*, dosage, medication, tax, taxes, mortgage, legal*, clinical,
        treatment, patent, investment*, portfolio, gdpr, statute, haftung, vertrag*, kündigung*, dosierung,
        medikament*, steuer*, rechtlich*, klage, behandlung, geldanlage, gesetz*, dsgvo, responsabilité, contrat*,
        symptôme*, posologie, médicament*, impôt*, juridique*, traitement, investissement, responsabilidad, síntoma*,
        dosis, impuesto*, tratamiento, inversión, 契約, 症状, 薬, 診断, 税金, 法律, 治療, 投資, 訴訟, 合同, 药物,
        诊断, 治疗, 投资, 诉讼
    """,
    "long answer": """
        write a story, write an essay, write an article, write a report, write a blog, write a letter, write a speech,
        write a short story, write me a, draft a, draft an, outline, words long, schreib eine, schreibe eine,
        schreib mir, schreibe mir, schreibe einen, verfasse*, wörter, écris une, écris un, écrivez, mots, escribe un,
        escribe una, palabras, 物語を, 記事を, レポートを, 小説, スピーチ, 文字で, 写一篇, 写一个, 写一首, 写一封,
        文章, 报告, 演讲
    """,
    "small talk": """
        hi, hello, hey, thanks, thank you, good morning, good evening, good night, bye, how are you, lol, ok, okay,
        cool, nice, hallo, danke*, guten morgen, guten tag, guten abend, tschüss, wie geht, servus, moin, salut,
        bonjour, bonsoir, merci, au revoir, ça va, coucou, hola, gracias, buenos días, buenas tardes, buenas noches,
        adiós, qué tal, こんにちは, おはよう, こんばんは, ありがとう, さようなら, 元気, 你好, 您好, 谢谢, 再见,
        早上好, 晚上好
    """,
    "lookup": """
        translate, what is, what are, what's, who is, who was, who wrote, who invented, when is, when was, when did,
        where is, where are, define, capital of, synonym*, spell, how many, how tall, how far, how old, meaning of,
        übersetz*, was ist, was sind, was heißt, was bedeutet, wer ist, wer war, wer hat, wann ist, wann war,
        wann wurde, wo ist, wo liegt, hauptstadt, wie viele, wie viel, wie hoch, wie weit, wie alt, nenne, tradui*,
        qu'est ce, c'est quoi, qui est, qui a, qui était, où est, où se trouve, capitale, combien, quel est,
        quelle est, définis*, que veut dire, traduc*, qué es, qué son, qué significa, quién es, quién fue,
        quién escribió, cuándo, dónde está, dónde queda, capital de, cuántos, cuántas, sinónimo, 翻訳, 訳して, とは,
        誰, いつ, どこ, 首都, 何人, 意味, いくつ, 翻译, 是什么, 什么时候, 哪里, 多少, 意思
    """,
    "asks for thought": """
        think hard, think carefully, think deeply, big model, large model, best model, smart model, claude, gpt,
        denk genau nach, denk gut nach, große modell, beste modell, réfléchis bien, piensa bien, piénsalo bien,
        よく考えて, じっくり考え, 仔细想, 认真思考, 最好的模型
    """,
    "asks for brevity": """
        briefly, in one sentence, in a sentence, in one word, short answer, quick, quickly, tldr, yes or no, kurz,
        in einem satz, in einem wort, schnell, ja oder nein, brièvement, en une phrase, en un mot, vite, oui ou non,
        brevemente, en una frase, en una palabra, rápido, sí o no, 一言で, 簡単に, 手短に, 简单, 简短, 一句话
    """,
}
