"""Refusals in German."""

_FILL = """
    (dir|ihnen|euch|sie|dich|es|das|dies|dazu|darauf|darüber|dabei|damit|dafür|davon|daran|hierzu|hierbei|hier|da|so
    |leider|aber|auch|momentan|derzeit|aktuell|jedoch|allerdings|daher|deshalb|deswegen|also|wirklich|selbst
    |persönlich|nun|gerade|ja|einfach|ehrlich gesagt|bisher|noch|mir|mich dazu|im moment|direkt|(auf|zu|bei|über|für
    |in|mit|von)? (dies|dein|ihr|eur|solch|jen)(e|es|er|em|en|)[24]|(den|die|der|fremde|andere)[24])*
"""
_AI = """
    (ein|eine|reine|reines|textbasierter|textbasierte|virtueller|digitaler|großes)* (ki|künstliche intelligenz
    |sprachmodell|assistent|chatbot|computerprogramm|bot|maschine) (modell|assistent|sprachmodell|system|chatbot
    |basierter assistent)?
"""
_TOPIC = "(zu|über|bei|auf|für|mit|von|in) (dies|solch|dein|ihr|ereignis|aktuell|person|so )[32]"
_LEAD = f"""
    (((es)? tut mir (sehr|wirklich|furchtbar|echt|aufrichtig|ja)* leid|sorry|entschuldigung|entschuldige (bitte)?
    |(bitte)? entschuldigen sie (bitte)?|verzeihung|verzeihen sie|verzeih|leider|bedauerlicherweise|ich bedaue?re
    (es)?|ich fürchte|aber|doch|jedoch|allerdings|ich muss (leider|aber|ehrlich)* (zugeben|gestehen|sagen) (dass)?
    |ehrlich gesagt|momentan|aktuell|zurzeit|aus [24]gründen|okay|hm(m)*|oh|ah|ähm?|nein|nee|tja|na ja|also|zwar
    |bisher|(vielen|herzlichen|besten)? danke? (schön)? für (die|deine|ihre|dein|ihr|das) (frage|anfrage|nachfrage
    |vertrauen|interesse|nachricht)|(das ist eine)? (sehr|wirklich)? (gute|schöne|spannende|berechtigte) frage|ich
    (verstehe|würde|möchte|wünschte|hätte) [50],aber|so gern [40],|(ich bin|da ich|als) (nur|lediglich|bloß|ja
    |leider)* {_AI} (bin)? (,|und|daher|deshalb|deswegen)*|.|,) (um ehrlich zu sein|offen gesagt|im moment|derzeit
    |hier|hierzu|hierbei|{_TOPIC}|solche [16]|,|.)*)*
"""
_NOT = "(nicht|nichts|kein|keine|keinen|keinerlei|keiner|nie|niemand)"
_REST = """
    ~(.|(teilnehmen|zum essen|mitkommen|vorbeikommen|arzttermin|hochzeit|schlafen|nach hause|,flüsterte|,sagte
    |fehler im|fehler in|schlecht)@|,(aber|doch)!(ich (kann|könnte|würde|helfe|empfehle)|gern|(sie|du) (können
    |kannst|könntest)|wenn|falls|versuch|bitte|vielleicht|schau|frag|wende))
"""

PATTERNS = f"""
    {_LEAD} (das|dazu|darauf|dabei|darüber|damit|davon|dafür|da|(zu|über) (dies|solch|ereignis|aktuell)[32])? ((
    (ich (kann|darf|könnte|werde|möchte)|(kann|darf|könnte|werde|möchte) ich|wir (können|dürfen) (diese anfrage|ihre
        |ihnen|dir|dazu)[20]) {_FILL} {_NOT} ((nur|anders|umhin|genug|oft genug|länger|glauben|leugnen|klagen
        |schaden|verstehen warum)@)?
    |(ich weiß|weiß ich) {_FILL} (nicht|nichts) (ob (du|sie|dir|ihnen|ihr|das)@)?
    |(ich (habe|hab|besitze|sehe|finde|erhalte)|(habe|hab|besitze|sehe|finde) ich) {_FILL} {_NOT} (die|eigen
        |persönlich|konkret|genau|ausreichend|aktuell|verlässlich|zuverlässig|weiter|näher|direkt|verfügbar|passend
        |nötig|notwendig|e|en|er|es)* (zugriff|zugang|information|ahnung|daten|angaben|kenntnis|antwort|meinung
        |möglichkeit|echtzeit|gefühl|körper|verbindung|internet|erinnerung|funktion|fähigkeit|details|unterlagen
        |idee|befugnis|einblick|live|anhang|bild|datei|dokument|erfahrung|gehört|gefunden|erlaubnis|rezept.)
    |(ich (kenne|verstehe|erkenne|erinnere)|(kenne|verstehe) ich) {_FILL} [20] {_NOT}
    |(ich verfüge|verfüge ich) {_FILL} (über keine|nicht über|nur über)
    |(ich (bin|wurde)|bin ich|wurde ich) (mir)? {_FILL} nicht (ganz|wirklich|darauf|dafür|dazu|genau)* (sicher (,
        |was|wer|worauf|welche|wie|ob ich|.)|in der lage|die richtige|befugt|berechtigt|fähig|imstande|autorisiert
        |ausgelegt|qualifiziert|programmiert|trainiert|vertraut|informiert|entwickelt|gemacht|mit [40] vertraut)
    |ich {_FILL} (nicht|nichts|keine [16]) (weiß|kenne|sagen kann|beantworten kann|helfen kann|habe|darf|verstanden)
    |(ich habe|habe ich) {_FILL} (ihre|deine|die)? [20] (nicht|nie|noch nie) (ganz|richtig|davon|so recht)*
        (verstanden|gehört|gefunden|gelernt)
    |(ich konnte|konnte ich) {_FILL} {_NOT} [30] (finden|öffnen|abrufen|laden|prüfen|verstehen|ermitteln|zugreifen)
    |(ich bin|als) (nur|lediglich|bloß|leider)* {_AI} (und|,|das|der|die)* (kann|habe|darf|besitze|verfüge)! [24]
        {_NOT}
    |((ich)? bin|bin ich) (leider|da|hier)* überfragt
    |(ich muss|muss ich) (leider|da|hier|diese|ihre|deine|das|dies|bitte|anfrage|anliegen|aber|sie|dich|höflich)*
        (passen|ablehnen|enttäuschen|verweigern)
    |(ich (helfe|antworte|erstelle|gebe|schreibe|liefere|unterstütze|beantworte|kommentiere|verrate|mache|nehme)
        |(helfe|mache|gebe|erstelle|schreibe|beantworte) ich) {_FILL} {_NOT}
    |(mir (fehlt|fehlen)|(fehlt|fehlen) mir) {_FILL} (die|das|der|jede|jeglich|hier|nötig|notwendig|e|n|r)*
        (information|zugang|zugriff|daten|wissen|kenntnis|möglichkeit|fähigkeit|angaben|kontext|details|fachwissen)
    |((es)? (ist|wäre|war)|ist) (es)? mir {_FILL} (nicht|nichts|unmöglich|untersagt|verwehrt)
    |(mir)? (liegen|liegt|ist) (mir)? {_FILL} (zu|über) [30] {_NOT}
    |(mir (liegen|liegt|sind|ist)|(liegen|liegt) mir) {_FILL} {_NOT}
    |(das)? (leider)? (übersteigt|überschreitet|liegt|geht|verstößt|widerspricht|fällt|gehört) (leider|das|dies)*
        (außerhalb|über|gegen|nicht|mein) [8] (mein|fähig|richtlinie|möglich|aufgabe|bereich|wissen|kenntnis)
    |(ist|wäre)? (leider)? (nicht möglich|nichts,?(was|wobei|bei dem) ich|etwas,?(das|was|wobei|bei dem) ich nicht)
    |mein (wissen|wissensstand|kenntnisstand|training|trainingsstand)~(endet|reicht|bis|begrenzt|beschränkt|umfasst
        |stammt)
    |meine (trainingsdaten|kenntnisse|richtlinien|daten|fähigkeiten|informationen|programmierung|regeln
        |nutzungs)~(enden|reichen|erlaub|verbiet|begrenzt|nicht|lassen|beschränk|untersag|kein)
    |ich lehne|lehne ich
    |es wäre (nicht|un)(richtig|angemessen|verantwort|in ordnung|ethisch|angebracht)~(ich|von mir)
    |es gibt (für mich)? keine möglichkeit~(ich|mich|mir)|(ich (möchte|würde|will)|möchte ich) {_FILL} lieber nicht
    ) {_REST}
    |keine ahnung (.|,)|weiß nicht.|kein kommentar.|ich bin mir (leider|da)* nicht sicher.
    )
"""
