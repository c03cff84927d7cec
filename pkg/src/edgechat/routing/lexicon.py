"""Words that say what kind of request it is, in English, German, French, Spanish, Japanese and Chinese.

Written by hand. A word with `*` stands for all that begin with it; several words are one after the other; what is
written without spaces is found anywhere.
"""

LEXICON = {
    "code": """
        python, javascript, typescript, java, rust, golang, sql, regex, bash, dockerfile, kubernetes, html, css, react,
        pandas, code, function, algorithm*, debug*, refactor*, compile*, unit test, unit tests, stack trace, script,
        api, recursi*, programm*, funktion, skript, quellcode, fonction, algorithme, programa, código, función,
        algoritmo, コード, 関数, プログラム, アルゴリズム, 正規表現, スクリプト, 代码, 函数, 编程, 算法, 正则, 脚本,
        程序, exception*, traceback, timeout*, database*, deploy*, docker, container*, server, thread*, queue, cache*,
        bug, bugs, crash*, datenbank*, parser, serveur*, requête*, base de données, base de datos, servidor*, consulta,
        サーバ, エラー, データベース, スレッド, バグ, バッチ, 服务器, 数据库, 报错, 线程, 缓存, 超时, クエリ, デバッグ,
        実装, 変数, 配列, 例外処理, メモリ, 再帰, デプロイ, 接口, 调试, 变量, 数组, 异常, 内存, 递归, 部署, 并发, 死锁,
        deadlock*, race condition*, concurren*, endpoint*, segfault*, memory leak*, variable*, speicherleck*,
        schnittstelle*, abfrage, schleife, requêtes, boucle, fuite de mémoire, concurrence, bucle, fuga de memoria,
        concurrencia
    """,
    "maths": """
        prove, proof, solve, equation*, integral, integrate, derivative, probabilit*, matrix, matrices, theorem,
        eigenvalue*, calculate, beweis*, gleichung*, ableitung, wahrscheinlichkeit*, löse, berechne, démontre*,
        équation*, intégrale, résou*, matrice, demuestra, ecuación, derivada, probabilidad, resuelve, calcula*, matriz,
        証明, 方程式, 積分, 微分, 確率, 行列, 计算, 证明, 方程, 积分, 导数, 概率, 矩阵, 求解, 推导, twice as, times as,
        prime, primes, factorial, induction, irrational*, how many ways, doppelt so, dreimal so, induktion, primzahl*,
        fois plus, probabilité*, irrationnel*, démontrer, nombre premier, demuestr*, doble, triple, mitad, 倍, 階乗,
        何通り, 分速, それぞれ何, 相向而行, 整除, 阶乘, 质数, 几次, 相距, 最大値, 最小値, 数列, 極限, 時速, 利息,
        期待値, 求めよ, 求めなさい, を求めて, 求出, 求证, 最大值, 最小值, 极限, 时速, 期望, maximi*, minimi*,
        expected value, ratio of, half as, geschwindigkeit, durchschnittsgeschwindigkeit, erwartungswert, maximal*,
        vitesse moyenne, espérance, moitié, velocidad media, valor esperado, máximo, mínimo
    """,
    "reasoning": """
        why, compare, analyse, analyze, evaluate, tradeoff*, trade offs, pros and cons, step by step, strateg*, design,
        architect*, plan, implication*, critique, argue, argument*, difference between, in depth, in detail, essay,
        explain how, business plan, reason, warum, vergleich*, analysier*, bewerte*, vor und nachteile,
        schritt für schritt, entwirf, entwerfe, aufsatz, ausführlich, unterschied zwischen, erörter*, konzept, pourquoi,
        compar*, analyser, évalue*, avantages et inconvénients, étape par étape, stratégie, conçois, dissertation,
        en détail, différence entre, rédige*, por qué, analiza*, evalúa*, ventajas y desventajas, paso a paso,
        estrategia, diseña*, ensayo, en detalle, diferencia entre, redacta*, なぜ, 比較, 分析, 評価, 設計, 戦略, 詳しく,
        違い, 考察, 段階的, 論じ, 为什么, 比较, 评估, 设计, 策略, 详细, 区别, 论述, 优缺点, 逐步, risks, milestone*,
        pitfall*, in which order, evidence, contradict*, hypothes*, both sides, rethink, explain why, why does,
        what should, how would, justify, roadmap, wieso, begründe*, risiken, reihenfolge, widerspr*, hypothese*,
        woran kann, wie funktioniert, überdenk*, rechne das, was nun, comment fonctionne, risques, contradiction*,
        hypothèse*, raisonnement, dans quel ordre, détaille, faut il, que faire, pièges, cómo funciona, cómo consigue,
        riesgos, hitos, contradicc*, hipótesis, causas, repasa*, repásalo, valora, qué hago, qué precio, どうして,
        リスク, 順番, 矛盾, 仮説, 根拠, 考え直, 仕組み, 原因, 計画, 結論, 比べ, どちらを, 理由, 风险, 里程碑, 预案,
        顺序, 证据, 重新, 原理, 怎么验证, 结论, 该不该, 自相矛盾, 史实, メリット, デメリット, 長所, 短所, 賛否, 影響,
        検討, 課題, 対策, 優先順位, 反論, 手順を, 移行, 見積も, 妥当, べきか, べきでしょうか, 背景, 利弊, 影响, 权衡,
        步骤, 论证, 反驳, 优先级, 迁移, 对比, 合理, 应该, 怎么安排, root cause*, consequence*, prioriti*, assess*,
        weigh*, scenario*, assumption*, counterargument*, migrat*, constraint*, should i, ursache*, folgen, priorisier*,
        abwäg*, annahme*, gegenargument*, soll ich, sollten wir, conséquence*, prioris*, hypothèses, dois je,
        devrais je, inconvénient*, causes, consecuencia*, prioriz*, debería*, supuesto*
    """,
    "expert": """
        lawsuit, liabilit*, contract, diagnos*, symptom*, dosage, medication, tax, taxes, mortgage, legal*, clinical,
        treatment, patent, investment*, portfolio, gdpr, statute, haftung, vertrag*, kündigung*, dosierung, medikament*,
        steuer*, rechtlich*, klage, behandlung, geldanlage, gesetz*, dsgvo, responsabilité, contrat*, symptôme*,
        posologie, médicament*, impôt*, juridique*, traitement, investissement, responsabilidad, síntoma*, dosis,
        impuesto*, tratamiento, inversión, 契約, 症状, 薬, 診断, 税金, 法律, 治療, 投資, 訴訟, 合同, 药物, 诊断, 治疗,
        投资, 诉讼, medicine*, prescri*, antibiotic*, pregnan*, blood, side effect*, doctor, interact*, lawyer,
        landlord, tenant, my rights, sue, clause*, employer, savings, loan, interest rate*, invest, pension, retirement,
        arzt, ärztin, antibiotik*, schwanger*, blutdruck, puls, nebenwirkung*, tablette*, anwalt*, vermieter*, mieter*,
        hausverwaltung, gericht*, frist, fristen, gekündigt, kündigen, klausel*, geerbt, erbe*, kredit*, zinsen, rente,
        elterngeld, brutto, ersparnis*, médecin*, enceinte, antibiotique*, comprimé*, effets secondaires, propriétaire*,
        locataire*, préavis, tribunal, prud'hommes, cdd, cdi, clause, licenci*, héritage, crédit, épargne, livret,
        fiscalité, médic*, antibiótic*, embaraz*, sangr*, efectos secundarios, abogad*, inquilin*, despid*, despido,
        juzgado, cláusula*, herencia, hipoteca*, ahorr*, interés, invertir, 妊娠, 医師, 副作用, 処方, 痛み, むくみ,
        健診, 弁護士, 賃貸, 退去, 解雇, 退職, 損害賠償, 裁判, 条項, 相続, 住宅ローン, 金利, 年収, 貯金, 怀孕, 医生,
        剂量, 医院, 疼痛, 吃药, 律师, 房东, 租房, 离职, 补偿, 仲裁, 起诉, 维权, 条款, 约定, 乙方, 房贷, 利率, 贷款,
        理财, 基金, 个税, 違約金, 保険, 年金, 控除, 確定申告, 離婚, 親権, 慰謝料, 残業代, 著作権, 特許, 血圧, 血液検査,
        糖尿, アレルギー, 服用, 飲み合わせ, 手術, 抗生, 敷金, 保险, 养老金, 社保, 离婚, 抚养, 赔偿, 加班费, 专利, 血压,
        过敏, 手术, 抗生素, 违约, 押金, insurance, inherit*, divorce*, custody, copyright*, allerg*, surgery, overtime,
        deduct*, versicherung*, scheidung*, sorgerecht, urheberrecht*, operation, überstunden, kaution, assurance*,
        divorce, garde des enfants, droit d'auteur, chirurgie, heures supplémentaires, seguro médico, divorci*,
        custodia, derechos de autor, cirugía, horas extra, fianza
    """,
    "long answer": """
        write a story, write an essay, write an article, write a report, write a blog, write a letter, write a speech,
        write a short story, write me a, draft a, draft an, outline, words long, schreib eine, schreibe eine,
        schreib mir, schreibe mir, schreibe einen, verfasse*, wörter, écris une, écris un, écrivez, mots, escribe un,
        escribe una, palabras, 物語を, 記事を, レポートを, 小説, スピーチ, 文字で, 写一篇, 写一个, 写一首, 写一封, 文章,
        报告, 演讲, short story, novel, chapter, sonnet*, ballad*, villanelle, screenplay, in the style of, monolog*,
        ballade*, im stil, roman, kapitel, chapitre, alexandrin*, poème, nouvelle, soneto*, relato, capítulo, 短編,
        短歌, 千字, 書いてください, 小说, 一首, 词牌, 结尾, 字左右, 物語, 小論文, エッセイ, 企画書, 论文, 剧本, 短篇,
        screenplay*, proposal, drehbuch, kurzgeschichte*, scénario, novela, guion, cuento de
    """,
    "small talk": """
        hi, hello, hey, thanks, thank you, good morning, good evening, good night, bye, how are you, lol, ok, okay,
        cool, nice, hallo, danke*, guten morgen, guten tag, guten abend, tschüss, wie geht, servus, moin, salut,
        bonjour, bonsoir, merci, au revoir, ça va, coucou, hola, gracias, buenos días, buenas tardes, buenas noches,
        adiós, qué tal, こんにちは, おはよう, こんばんは, ありがとう, さようなら, 元気, 你好, 您好, 谢谢, 再见, 早上好,
        晚上好, langweilig, 在吗, 无聊, 暇だ, how was your day, was mein tag, wie war dein tag, お疲れ, おやすみ,
        はじめまして, 久しぶり, 楽しかった, 嬉しかった, 聞いてほしく, 晚安, 辛苦了, 好久不见, 哈哈, 说说, 聊聊, haha,
        good luck, see you, gute nacht, bonne nuit, bonne journée, qué día
    """,
    "lookup": """
        what is, what are, what's, who is, who was, who wrote, who invented, when is, when was, when did, where is,
        where are, define, capital of, synonym*, spell, how many, how tall, how far, how old, meaning of, was ist,
        was sind, was heißt, was bedeutet, wer ist, wer war, wer hat, wann ist, wann war, wann wurde, wo ist, wo liegt,
        hauptstadt, wie viele, wie viel, wie hoch, wie weit, wie alt, nenne, qu'est ce, c'est quoi, qui est, qui a,
        qui était, où est, où se trouve, capitale, combien, quel est, quelle est, définis*, que veut dire, qué es,
        qué son, qué significa, quién es, quién fue, quién escribió, cuándo, dónde está, dónde queda, capital de,
        cuántos, cuántas, sinónimo, とは, 誰, いつ, どこ, 首都, 何人, 意味, いくつ, 是什么, 什么时候, 哪里, 多少, 意思,
        how do you say, how long, what year, wieviel, wie lange, in welchem jahr, en quelle année, où se, cuál es,
        en qué año, 何て, 何日, 几个, 多高, 何年, 何色, どの国, 読み方, 何番目, 哪一年, 哪个国家, 是谁, 几点, 怎么读,
        which country, what colour, what color, welche farbe, welches land, quel pays, quelle couleur, qué país,
        qué color
    """,
    "asks for thought": """
        think hard, think carefully, think deeply, big model, large model, best model, smart model, claude, gpt,
        denk genau nach, denk gut nach, große modell, beste modell, réfléchis bien, piensa bien, piénsalo bien,
        よく考えて, じっくり考え, 仔细想, 认真思考, 最好的模型
    """,
    "asks for brevity": """
        briefly, in one sentence, in a sentence, in one word, short answer, quick, quickly, tldr, yes or no, kurz,
        in einem satz, in einem wort, schnell, ja oder nein, brièvement, en une phrase, en un mot, vite, oui ou non,
        brevemente, en una frase, en una palabra, rápido, sí o no, 一言で, 簡単に, 手短に, 简短, 一句话, 一文で, 一行で,
        ひとことで, 一行, 一两句, in one line, in two sentences, in zwei sätzen, en deux phrases, en dos frases
    """,
    "works on a text": """
        rewrite, rephrase, reword, paraphrase, make this sound, make it sound, grammar, typos, proofread*, summari*,
        shorten*, shorter, translate*, more polite, formulier*, umformulier*, rechtschreib*, korrigier*, kürzer,
        höflicher, fass das, fasse, zusammenfass*, übersetz*, kommas, reformul*, corrige*, résum*, raccourci*,
        plus poliment, plus court, tradui*, accents, fautes, resum*, resúm*, más corto, más amable, traduc*, tildes,
        faltas, 言い換え, 言い方, 丁寧な, 誤字, まとめて, 要約, 直して, 短く, 訳して, 翻訳, 英語で, 句読点, 概括, 总结,
        改写, 润色, 错别字, 翻译, 委婉, 缩短, 短一点, 标点, 语气, 怎么说, 敬語, 校正, 添削, 箇条書き, 書き直, 整えて,
        校对, 修改这, 通顺, 更正式, 改得, bullet points, spelling, punctuation, more formal, less formal, förmlicher,
        stichpunkte*, ponctuation, plus formel, puntuación, más formal, ortografía
    """,
    "light task": """
        joke, jokes, birthday, names for, name for, recipe*, packing list, shopping list, like i'm, to a child, witz,
        geburtstag*, namensvorschläge, hochzeitskarte, rezept*, einkaufsliste, für ein kind, grundschul*, blague*,
        anniversaire, petit mot, noms pour, recette*, valise, à un enfant, chiste*, cumple*, nombres para, receta*,
        lista de la compra, para mi hijo, 誕生日, お祝い, 名前を, レシピ, 持ち物, 小学, 笑话, 生日, 起名, 店名, 菜谱,
        小朋友, 祝福, キャッチコピー, アイデアを, ダジャレ, なぞなぞ, プレゼント, 献立, 点子, 口号, 标语, 谜语, 礼物,
        菜单, slogan*, caption*, ideas for, gift*, riddle*, haiku*, limerick*, pun, puns, tagline*, geschenk*, rätsel,
        werbespruch, ideen für, idées de, cadeau*, devinette*, regalo*, adivinanza*, ideas para, eslogan
    """,
}
