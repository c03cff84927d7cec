"""How answers begin that are none: the model refuses, or does not know.

Written by hand after what small instruction models say. Only letters count: no case, no spaces, commas, quotes or
emphasis. Not here is what begins like every other answer ("There is no ...", "It ..."): waiting would cost more than it
finds. In a pattern `(a|b|)` are alternatives, `[12]` are up to twelve letters of any kind, `.` is the end of a
sentence, and `$` the end of a sentence or of the answer.
"""

_SORRY = "(i apologi(z|s)e|(i'm|i am|)(so|very|really|truly|) sorry|my apologies|apologies)(for [16]|)(.|) (but|)"
_CANNOT = "(can't|cannot|won't|will not|couldn't|am unable to|am not able to|'m unable to|'m not able to)"
_DO = (
    "(help|assist|answer|provide|fulfil|comply|do that|do this|give you|tell you|access|browse|discuss|create|generate"
    "|write|run|execute|search|check|view|read|respond|diagnose"
    "|continue|engage|complete|offer|support|share|process|see|open|look up|predict|recommend|verify|make|be of)"
)
_MACHINE = "(ai|artificial intelligence|(large|) language model) (language model|model|assistant|chatbot|)"
_LACK = "(have no|lack|don't have|do not have|don't currently have|do not currently have)"

ENGLISH = (
    f"{_SORRY} (as an ai|i (just|simply|really|still|) ({_CANNOT}|don't|do not|'m not|am not|have no|lack))",
    f"{_SORRY} (that|this|it) (is|'s) (not something|something i {_CANNOT}|beyond|outside)",
    f"{_SORRY} (i'm|i am) (just|only|) an? (ai|language model|artificial)",
    f"(unfortunately|regrettably|sadly|at this time|currently) "
    f"i ({_CANNOT}|{_LACK}|don't know|do not know|'m not|am not)",
    f"i (simply|) {_CANNOT} {_DO}",
    f"(as|i'm|i am) (just|only|merely|) an? {_MACHINE} (so|and|that|without|with no|) i? "
    f"({_CANNOT}|{_LACK}|don't|do not|am not|'m not|access|feelings|personal)",
    f"i {_LACK} (access|real time|the ability|(enough|any|specific|sufficient|up to date|current|personal|that|the"
    "|reliable|detailed|) (information|knowledge|data|details|context|ability|idea|opinion|feelings|way of)|a clue)",
    "i (really|actually|honestly|) (don't|do not) (really|actually|) know "
    "(the answer|what|who|how|when|where|why|which|that|this|anything|enough|any|$)",
    "i (am|'m) not (really|entirely|quite|) (sure|certain) (what|who|how|when|where|which|about|i understand|i can|$)",
    "i (am|'m) not (familiar with|aware of)",
    "my (knowledge|training|training data) (cut|only goes|doesn't|does not|is limited)",
    f"(i'm|i am) afraid (that|) i ({_CANNOT}|{_LACK}|don't|do not|'m not|am not)",
    f"(while|although|as much as|) i('d| would) (love|like|be happy) to (help|assist|answer) [16] "
    f"i ({_CANNOT}|{_LACK})",
    f"(thank you|thanks) for (your question|asking)(.|) (but|however|unfortunately|i'm afraid|) i ({_CANNOT}|{_LACK})",
    "(that|this)('s| is) (outside|beyond) (of|) (what i|my|the scope of)",
    "i (must|have to) decline",
)

GERMAN = (
    "(es tut mir [8] leid|tut mir leid|entschuldigung|entschuldige|verzeihung|leider|ich bedau(e|)re)(.|) (aber|) "
    "(ich|das|dazu|dabei|darüber|hierzu|) (kann|darf|bin|weiß|habe|konnte|verfüge|verstehe|kenne) "
    "(ich|) [26] (nicht|kein)",
    "ich (kann|darf) (dir|ihnen|dies|das|dein|ihre|darauf|dabei|bei|damit|dazu|hier|leider)[28] "
    "(nicht|keine)(helfen|antworten|beantworten|weiterhelfen|auskunft|informationen|behilflich|unterstützen|erfüllen"
    "|nachkommen|ausführen|sagen|geben|angaben)",
    "ich kann (nicht|keine) (helfen|antworten|beantworten|auf|auskunft|informationen|behilflich|angaben)",
    "(leider|) (das|) weiß ich (das|es|) (leider|auch|) nicht",
    "ich weiß (es|das|) (leider|) nicht (wer|was|wie|wann|wo|genau|$)",
    "ich bin (mir|) (leider|) nicht (sicher|in der lage|befugt|berechtigt)",
    "ich (habe|verfüge über) (leider|) (keinen zugriff|keinen zugang|keine informationen|keine ahnung|keine aktuellen"
    "|keine kenntnis|keine daten|keine ausreichenden)",
    "als (ki|künstliche intelligenz|sprachmodell) (modell|assistent|sprachmodell|) (kann|habe|bin|darf|verfüge)",
    "(dazu|darüber|dabei) (kann|darf|habe|weiß) ich (dir|ihnen|) (leider|) (nicht|kein)",
    "ich (kann|darf) leider (nicht|kein)",
    "(leider|) (ist es|es ist) mir (leider|) nicht (möglich|gestattet|erlaubt)",
    "(mir fehlen|darüber ist mir) (leider|) (die|nichts) [14] (information|bekannt)",
    "(entschuldigung|entschuldige|tut mir leid) (aber|) (bei|zu|über|auf) [20] (kann|darf|habe) ich [14] (nicht|kein)",
    "ich bin (nur|lediglich|) ein (sprachmodell|ki) [12] und (kann|habe|darf) [8] (nicht|kein)",
    "(vielen|) dank für (die|deine|ihre) (frage|anfrage)(.|) (leider|) (ich kann|kann ich) [16] (nicht|kein)",
)

FRENCH = (
    "(je suis (vraiment|sincèrement|) désolée?|désolée?|je m'excuse|excusez moi|toutes mes excuses|malheureusement"
    "|je regrette)(.|) (mais|) (je|j'[4]) (ne (peux|suis|sais|dispose|connais|pourrai|possède)|n'ai|n'arrive)",
    "je ne (peux|pourrai|puis) (malheureusement|) pas (vous |t'|répondre|aider|fournir|faire|accéder|donner|traiter|"
    "prédire|satisfaire|accomplir)",
    "je ne suis (malheureusement|) pas (en mesure|capable|autorisé|habilité|sûre? (de|$)|certain|sûre? )",
    "je n'ai (malheureusement|) (pas (accès|d'information|la possibilité|les informations|connaissance|assez"
    "|cette information)"
    "|aucune (information|idée|connaissance))",
    "je ne (sais|connais) (malheureusement|) pas (la réponse|qui|ce que|comment|quand|cette|ce|$)",
    "je (ne dispose|ne possède) (malheureusement|) (pas|d'aucune)",
    "je suis (malheureusement|) (dans l'incapacité|dans l'impossibilité|incapable) de",
    "je vous prie de m'excuser (mais|) je ne",
    "je préfère ne pas (répondre|me prononcer)",
    "mes connaissances (s'arrêtent|sont limitées|ne vont)",
    "merci (pour|de) (votre|ta|cette) (question|demande)(.|) (mais|malheureusement|) je ne (peux|suis|sais|dispose)",
    "en tant (qu'|que) (ia|intelligence artificielle|modèle de langage|assistant) [24] je (ne|n')",
)

SPANISH = (
    "(lo siento mucho|lo siento|lo lamento|disculp(a|e)|perdón|perdona|lamentablemente|desafortunadamente"
    "|desgraciadamente|por desgracia|me temo que|me disculpo"
    "|gracias por (tu|su|la) (pregunta|consulta))(.|) (pero|) (yo|) no (puedo|tengo|sé|estoy|me es|dispongo|conozco"
    "|podré|cuento)",
    "no puedo (ayudar|responder|proporcionar|hacer|acceder|dar|ofrecer|cumplir|asistir|predecir|brindar|realizar)",
    "no (estoy segur(o|a)|tengo (acceso|información|suficiente|conocimiento|ni idea|idea|la capacidad|datos))",
    "no (lo|) sé (la respuesta|qué|quién|cómo|cuándo|nada|exactamente|con certeza|$)",
    "no dispongo de",
    "no soy capaz de",
    "no cuento con (datos|información|acceso)",
    "mis? conocimientos? (llegan?|se limitan?|terminan?) ",
    "como (una|) (ia|inteligencia artificial|modelo de lenguaje|asistente) [24] no (puedo|tengo)",
)

JAPANESE = (
    "(大変|誠に|)申し訳(ありません|ございません|ないです|ない)(が|けど|.|ですが)",
    "(すみません|すいません|ごめんなさい|恐れ入ります|あいにく|残念ながら|残念ですが)(が|けど|ですが|.|)[24](できません|できない|わかりません"
    "|分かりません|いたしかねます|ありません|しかねます)",
    "(その|この|ご)(質問|リクエスト|要求|要望|情報|依頼)(に|は|について)[12](できません|しかねます|わかりません|分かりません|ありません)",
    "(それ|これ|その件)(は|について)[8](わかりません|分かりません|知りません|できません|存じません)",
    "(私は|)(ai|人工知能|言語モデル)(アシスタント|)(として|です|なので)[8](できません|ので|持って|ありません)",
    "(私には|私は|)(よく|)(わかりません|分かりません|知りません|わかりかねます|分かりかねます)",
    "(最新|リアルタイム)の情報[8](できません|ありません)",
    "(その|この)(話題|件|内容)[8](知識|情報|データ)(が|は)(ありません|ない)",
    "ご?質問の(意味|意図|内容)[6](理解できま|わかりま|分かりま)",
    "専門家ではない[20](控え|できません|できかね)",
    "お(力になれず|役に立てず|役に立てません)",
    "(具体的な|十分な|詳しい|)情報が(ない|なく|不足)[16](難しい|できません|できかね)",
)

CHINESE = (
    "(很|非常|十分|真|)(抱歉|对不起|不好意思|遗憾)(.|)(但是|但|)(我|作为|目前|这个|该|您|你|暂时)[10](无法|不能|不知道|没有|不会"
    "|不便|不清楚|不了解|不太|不可以)",
    "(很|非常|)(抱歉|对不起)(无法|不能)",
    "我(目前|暂时|现在|)(无法|不能|没办法|没法)(直接|)(回答|提供|帮|访问|协助|满足|完成|处理|给|预测|查看|联网|查询|搜索|打开|浏览)",
    "我(目前|也|真的|并|)(不知道|不清楚|不太清楚|不了解|不确定|没有(相关|足够|这方面|权限|访问|任何|实时|关于))",
    "作为(一个|一名|)(ai|人工智能|大型语言模型|大语言模型|语言模型)[12](我|无法|不能|没有)",
    "(这个|该)问题我?(无法|不能)(回答|作答)",
    "(这个|这)我(不太|)(不清楚|清楚|不知道|不了解|无法|不能)",
    "(很|非常|十分|)(抱歉|对不起|遗憾|)这超出了?我的知识",
    "我是(一个|一名|)(ai|人工智能|语言模型)[8](没有|无法|不能)",
    "我的(训练数据|知识|数据)(库|)(截至|截止|有限|只到)",
    "(谢谢|感谢)(你的|您的|)提问[4]我(没办法|无法|不能|没有)",
    "恕(我|)(不能|无法|不便|难)",
)

OPENINGS = (*ENGLISH, *GERMAN, *FRENCH, *SPANISH, *JAPANESE, *CHINESE)
