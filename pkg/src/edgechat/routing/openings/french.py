"""Refusals in French."""

_FILL = """
    (malheureusement|donc|hélas|vous|te|t'|m'|y|le|la|l'|les|en|toutefois|cependant|vraiment|actuellement
    |personnellement|tout simplement|simplement|honnêtement|directement|pour l'instant|à ce jour|moi-même)*
"""
_AI = """
    ((simple|grand|petit)? (ia|intelligence artificielle|modèles? (de langage|linguistique|d'ia)|assistante?|chatbot
    |programme|robot) (virtuel|textuel|numérique|ia|conversationnel|d'ia|informatique)?)
"""
_LEAD = f"""
    (((je suis)? (vraiment|sincèrement|profondément|terriblement|très|tellement)? (désolée?|navrée?) (mais|de vous
    dire que)?|pardon|pardonnez-moi|excusez?-moi|(toutes)? mes (sincères|plus sincères)? excuses|je (vous|te)? (prie
    de (bien vouloir)? m'excuser|présente mes excuses)|je m'excuse|je (le)? regrette|je crains (que|de)|j'ai bien
    peur (que|de)|malheureusement|hélas|mais|cependant|toutefois|honnêtement|à vrai dire|franchement|je (dois|vais)
    (vous)? (avouer|admettre|reconnaître|dire) que|actuellement|en ce moment|à l'heure actuelle|non|oh|ah|euh|hm(m)*
    |eh bien|donc|merci (beaucoup)? (pour|de|d') (votre|ta|cette|l'|avoir)* (question|demande|message|intérêt
    |confiance|posé [20])|(très)? (bonne|excellente) question|je comprends [40],mais|(j'aimerais|j'aurais|je
    voudrais|je souhaiterais) [40],mais|(en tant (que|qu')|étant|comme|je suis|je ne suis (qu')?) (seulement|juste
    |simplement|une?|qu'une?|que)* {_AI} (entraîné par [16]|développé par [16])? (,|et|donc)*|.|,) (pour (l'instant
    |être (honnête|franc)|des (raisons|motifs) (de|d')? [24])|à ma connaissance|à ce jour|ce n'est
    (malheureusement)? pas (quelque chose|une chose|dans mes|de mon|de ma|possible pour moi)$|(cette|votre|ta)
    (demande|question) ,|,|.)*)*
"""
_REST = """
    ~(.|(assister (à la|au)|dîner|déjeuner|rendez-vous|mariage|fête|dormir|rentrer|murmura|dit-il|dit-elle|erreur
    dans|d'erreur)@|,mais!(vous pouvez|tu peux|je (peux|pourrais|serais|vous)|si (vous|tu)|n'hésite|essay|peut-être
    pouvez|voici où))
"""
_NOUN = """
    (de|d'|la|l'|les|le|cette|ces|ce|toutes?|une?|des|encore|du tout|non plus|moindre|assez|suffisamment|propres?)*
    (accès|information|réponse|connaissance|idée|donnée|possibilité|capacité|opinion|avis|moyen|élément|contexte
    |droit|autorisation|mémoire|corps|détail|renseignement|trace|été (conçu|entraîné|formé|programmé|informé)
    |entendu|trouvé|compris|pu|sentiment|émotion|expérience|compétence|conscience|source|fonction|visibilité|temps
    réel|document|personnel|lien|outil|permission|connexion|savoir)
"""

PATTERNS = f"""
    {_LEAD} ((
    nous ne (pouvons|sommes) pas (traiter|répondre|fournir|donner|accéder|vous|en mesure)
    |je ne (peux|pourrai|pourrais|puis|saurais|vais|souhaite|dois) {_FILL} (pas|rien|donner suite|satisfaire|accéder
        |répondre|dire|ni) {_FILL} ((attendre|croire|m'empêcher|imaginer|assez|nier|cacher|mieux)@)?
    |je ne sais {_FILL} (pas|rien) (si@)?
    |je ne (connais|comprends|vois|trouve|retrouve|reconnais|dispose|possède|détiens|fournis|réponds|propose|crée
        |génère|donne|traite|navigue|rédige|parviens|conserve|garde|participe|partage|communique|divulgue) {_FILL}
        (pas|aucune?|rien|d'aucune?) ((que|le deuxième|d'erreur|erreur|(de|d')? (mieux|meilleur|plus|tel|aussi)
        |pourquoi|d'inconvénient|de problème|d'objection|l'intérêt)@)?
    |je ne (me|m') (souviens|rappelle|sens) pas|je ne (comprends|saisis) pas (bien)?|je n'ai (malheureusement)? pas
        (bien)? (compris|saisi|trouvé|reçu)
    |je suis une? {_AI} et ne (peux|suis|possède|dispose) pas
    |je ne pense pas (pouvoir|être (en mesure|capable)|que je)
    |je ne suis {_FILL} pas (tout à fait|vraiment|très|bien|encore)* (en mesure|capable|autorisé|habilité|apte
        |qualifié|programmé|conçu|équipé|entraîné|familier|au courant|à l'aise|compétent|connecté|informé|en
        position|(sûr|certain)e? (d'avoir|de (comprendre|ce|bien|savoir|pouvoir|la)|.))
    |je n'(ai|en ai) {_FILL} (pas|aucune?|jamais|ni|rien) {_NOUN}
    |je n'en (sais|ai) (rien|pas|aucune)|je n'arrive pas
    |je n'(offre|autorise|accepte|effectue|écris|assiste) pas
    |je l'ignore|j'ignore (qui|ce|quel|comment|quand|où|la|le|tout|.|malheureusement)
    |je suis {_FILL} (dans l'(incapacité|impossibilité)|incapable|contrainte? de|obligée? de (refuser|décliner)|au
        regret)
    |je (préfère|préférerais|choisis de) (ne pas|m'abstenir)|je (dois|me vois)~(refuser|décliner)|je (refuse
        |décline)
    |je manque (d'information|de (donnée|contexte|connaissance))
    |il (ne)? (m'est|me serait|me sera) {_FILL} (impossible|pas (possible|permis)|interdit|difficile de (vous|te))
    |il ne serait pas (approprié|correct|prudent|responsable|éthique|convenable|raisonnable)
    |(cela|ça|ceci) (dépasse|sort|va|ne relève|ne fait|n'entre|enfreint|viole|serait contraire)[30](mes|mon|ma|me
        |je)
    |mes (connaissances|données|informations|capacités|directives|règles|consignes|compétences|principes)~(s'arrêt
        |limit|ne|n'|remont|interdi|jusqu|empêch)
    |mon (entraînement|savoir|programmation|apprentissage|rôle)~(ne|s'arr|limit|m'interd)
    |aucune (information|donnée|trace|idée) (sur|à|disponible|concernant|ne|n'|.)
    |impossible (de (vous|te) (répondre|aider|dire|fournir)|pour moi)
    |je me (dois|permets) de (refuser|décliner)
    ) {_REST}
    |aucune idée (.|,)|je ne suis pas (sûre?|certaine?).|sans commentaire.
    )
"""
