"""Refusals in Spanish."""

_LEAD = """
    ((lo (siento|lamento) (mucho|muchísimo|de verdad)?|lamento (decirte|informarte) (que)?|mil disculpas|disculp(a|e
    |en)|mis (más sinceras)? disculpas|me disculpo|perdón|perdon(a|e)(me)?|lamentablemente|desafortunadamente
    |desgraciadamente|tristemente|por desgracia|me temo que|pero|la verdad (es)? (que)?|honestamente|en este momento
    |ahora mismo|actualmente|por (el momento|ahora)|de momento|no|oh|ah|eh|hm(m)*|bueno|pues|vaya|yo|así que|por
    (razones|motivos|cuestiones) [24]|(debo|tengo que|he de) (admitir|reconocer|confesar|decir) que|que yo sepa|eso
    |me (pides|pide|estás pidiendo) (es|algo|que)* [24] que|por (lo )?tanto|por lo que|(muchas)? gracias por (tu|su
    |la|el|preguntar|consultar)* (pregunta|consulta|mensaje|interés|confianza)?|(muy)? buena pregunta|excelente
    pregunta|(entiendo|comprendo) [40],pero|(me (gustaría|encantaría)|quisiera|ojalá) [40],pero|aunque [50],|(como
    |al ser|(solo|solamente|simplemente)? soy) (solo|solamente|un|una|simple)* (gran)? (ia|inteligencia artificial
    |modelo de (lenguaje|ia)|modelo lingüístico|asistente|chatbot|programa|máquina) (virtual|de (texto|ia)|digital
    |conversacional|informático)? (entrenado por [16]|desarrollado por [16])? (,|y|que)*|.|,) (sinceramente|sin
    embargo|para ser (sincero|honesto)|siento decirte que|te pido disculpas|(tu|su|esta|esa) (petición|solicitud
    |pregunta) ,|,|.)*)*
"""
_REST = """
    ~(.|(asistir a|cenar|cena con|comer con|reunión|tengo cita|boda|fiesta|dormir|a casa|susurró|dijo (él|ella|el
    |la)|error|errores)@|,pero!(tú puedes|usted puede|puedo|podría|puedes|puede|podrías|si (quieres|me|tienes)|te
    (recomiendo|sugiero|aconsejo|puedo|invito)|intenta|consulta|quizá puedas|con gusto))
"""
_NOUN = """
    (la|el|los|las|una?|más|ni|ningun|ningún|ninguna|alguna?|suficientes?|propi(a|o|as|os)|esa|ese|esos|de|mucha
    |tanta|nada de)* (acceso|información|respuesta|conocimiento|idea|dato|posibilidad|capacidad|opini|forma|manera
    |medio|elementos|contexto|derecho|autoriza|permiso|memoria|cuerpo|detalle|constancia|registro|sentimiento
    |emocion|experiencia|función|herramienta|tiempo real|documento|personal|conexión|noticia|modo|recuerdo)
"""

PATTERNS = f"""
    {_LEAD} ((
    no (te|le|lo|la|se|os|les)* (podemos (procesar|responder|proporcionar|ayudar|ofrecer|dar|atender|compartir)
        |disponemos|puedo|podré|podría|pude|logro|consigo|voy a|debo|debería) ((sino|evitar|más que|dejar de|creer
        |esperar|negar|estar más|pedir|imaginar)@|recomendar~(bastante|suficiente)@)?
    |no (te|le|lo)* (sé|sabría) (si (te|le|tú|os)@)?
    |no (la|lo|le)? tengo {_NOUN}
    |no (los|las|lo|la)? (dispongo|cuento con|poseo|conozco|encuentro|encontré|entiendo|comprendo|recuerdo|ofrezco
        |proporciono|comparto|revelo|divulgo|doy|escribo|genero|respondo|he (encontrado|oído|recibido|sido (diseñ
        |program|entren|cread))|tuve acceso|me acuerdo) ((por qué|nad(a|ie) (mejor|más|tan))@)?
    |(nunca|jamás) (he|había) (oído|escuchado|visto)|no he (entendido|comprendido)
    |no (veo|encuentro|he visto) (ningún error|errores|error|por qué|problema|inconveniente|nada malo|razón|motivo
        |la hora|error)@|no veo
    |no estoy (muy|del todo|completamente|totalmente|realmente|lo)* (segur(o|a) (de|.|a qué|qué|cómo|si (entiend
        |comprend))|autorizad|en (condiciones|posición|capacidad|disposición)|capacitad|diseñad|programad
        |familiarizad|al tanto|conectad|entrenad|habilitad|facultad|informad)
    |no soy capaz|no me (es|resulta|está|consta|siento|corresponde|permit)
    |no (sería|es|me parece) (apropiado|correcto|ético|posible|adecuado|responsable|prudente)[10] (que (yo)?|para mí
        |por mi|ayud|te d|d(ar|é)|proporcion|respond|compart)
    |carezco de|lo desconozco|desconozco (la|el|los|las|qué|quién|cómo|cuándo|dónde|esa|ese|cuál|.)
    |me (resulta|es) (imposible|difícil (dar|dec|respond|ayud))|me faltan? (información|dato|contexto|los|la)
    |me niego|me veo (obligad|en la (obligación|necesidad))|prefiero no|(debo|tengo que) (rechazar|declinar|negarme)
    |rechazo|declino|me abstengo
    |eso (supera|excede|está (fuera|más allá)|va (más allá|en contra)|sobrepasa|queda fuera)[16] (mi|lo que)
    |eso no (es algo (que|en lo que)|está (a mi|en mis|dentro de mis))|no está (a mi alcance|en mis|dentro de mis)
        |no es algo (que (yo)? (pueda|pued|sepa|deba)|en lo que (pueda|yo))
    |(esta|esa) (tipo de)? (solicitud|petición|pregunta|tema|contenido|consulta|pides)~(contra|fuera de|supera
        |excede|no (puedo|tengo|sé)|viola|infringe|incumple)
    |mis? (conocimientos?|datos|información|entrenamiento|capacidades|directrices|políticas|normas|programación
        |formación|base de datos)~(termina|llega|limit|no|hasta|impid|prohíb|acaba|alcanza)
    |ninguna información|imposible (ayudarte|decirte|responder|para mí)
    |solo (tengo|dispongo de|cuento con) (información|datos|conocimiento)~hasta
    ) {_REST}
    |ni idea (.|,)|no estoy segur(o|a).
    )
"""
