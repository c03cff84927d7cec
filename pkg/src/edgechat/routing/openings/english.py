"""Refusals in English."""

_I = """
    (i|i am|i'm) (also|simply|just|really|still|currently|unfortunately|personally|actually|honestly|sadly
    |genuinely)*
"""
_CANNOT = f"""
    ({_I} (can't|cannot|can not|(couldn't|could not) (find|access|open|verify|locate|retrieve|understand|identify
    |determine|process|load|complete)|won't|will not|unable|not able|incapable|not capable|not allowed|not permitted
    |not authori(s|z)ed|not in a position|not comfortable|not at liberty|not equipped|not designed|not programmed
    |not qualified|not willing|not going to|not supposed|wouldn't (feel|be) (able|comfortable|right)))
"""
_AI = """
    (artificial intelligence|ai|((large|text based|virtual|digital|automated|helpful|online) (ai)?)? (language model
    |assistant|chatbot|computer program|machine|bot)) (language model|model|assistant|system|chatbot|program)?
    (trained by [16]|developed by [16]|created by [16])?
"""
_LEAD = f"""
    (((i am|i'm)? (so|very|really|truly|terribly)? sorry ((for|about) (the|any|this|that) (confusion|inconvenience
    |trouble|misunderstanding|disappointment)?)?|(please|kindly) (forgive|excuse) me|my (sincere)? apologies
    |apologies|i (sincerely|deeply|do|must)* apologi(s|z)e (for [24])?|i regret ((to (say|inform))? (you|that)*)?
    |(i'm|i am) afraid (that)?|but|however|unfortunately|regrettably|sadly|alas|currently|at (this|the) (time
    |moment)|at present|right now|as of now|honestly|frankly|truthfully|i (must|have to|'ll) (admit|say|confess|be
    (honest|frank)) (that|with you)*|well|oh|ah|hm(m)*|uh(h)*|um(m)*|no|nope|ok|okay|so|(thank you|thanks) (so much
    |very much)? (for (asking|reaching out|your (question|request|message|interest|understanding)|the question))?
    |(that's|that is) an? (really|very)? (great|good|interesting|excellent|important|tricky|fair|fascinating)
    (question|one)|(great|good|interesting|excellent) question|i (really|completely)? (understand|appreciate|see
    |realise|realize|get) [40] but|(while|although) i [60],|i (really)? ('d|would|wish) [40] (but|unfortunately)|(i
    am|i'm|i was) (programmed|designed|trained|built|made|here to|only able to|limited to) [48],(so|and|but)?|(as
    |i'm|i am) (just|only|merely|simply)? (an?)? {_AI} (,|and|so|that|which means)*|.|,) (to (say|tell|inform
    |disappoint|be) (you|that|this|honest|frank|fair|clear|with)*|in all honesty|for now|to my knowledge|no
    (information|data|details) (is|was|are)$|(for|due to) [24] (reasons|concerns)|(with|about|on|in|for|at) (this
    |that|your|such) [24]|,|.)*)*
"""
_REDIRECT = """
    (you (can|could|might|may|should|will|are welcome)|i('d|'m|'ll)? (can|could|would|will|recommend|suggest
    |encourage|advise|happy|be happy|am happy|hope|am here)|if you|please|feel free|perhaps you|maybe you|try|check
    |don't hesitate)
"""

_REST = f"""
    ~(.|,but!{_REDIRECT}|(attend|dinner|lunch|your party|wedding|appointment|sleep|make it to|join you|last time
    |,(whispered|wrote|said)|(error|mistake|typo|fault)s? in)@)
"""
_MINE = "(capabilit|abilit|knowledge|expertise|training|scope|guidelines|policy|policies|programming|limits|rules|data)"

PATTERNS = f"""
    {_LEAD} ((
    {_CANNOT} (to)? (((recall|remember|think of) (an?|any)? (single|better|nicer)|forget|wait|stress|believe|help
        but|imagine|thank|agree more|overstate|complain|deny|blame|fault|say enough|emphasi(s|z)e|resist|tell a lie
        |bore you|go into|repeat|lie|keep|judge you|think of a|sugarcoat)@|recommend~enough@|say (that)? (i|it|he
        |she|they|the)@)?
    |{_I} (don't|do not|didn't|did not|haven't|have not|have never|'ve never) (really|actually|honestly|currently
        |personally|quite|yet|fully|even|necessarily|specifically|a|single|think)* ( (know|recall|remember|think of
        |recognize|have) (an?|any)? (single|better|nicer|finer|easier)@|know (you|that('s)? (is|was)|about you|if
        |whether|but)@|know|(have) [30] (doubt|objection|preference|favou?rite|problem|time to|to add|to worry)@
        |have (to@)?|(possess|recall|recogni(s|z)e|understand (what|the|your|that)|heard of|(been )?trained (on|to)
        |find (any|information)|received|seen (any|that|the|this|your)|read (that|the|this|your)|catch|get that
        |follow|hold (any|personal)|retain|store)|feel (comfortable|able|qualified|confident)|(provide|offer|engage
        |browse|create|produce|share|write|generate|give|do that|discuss|assist|help|support|reproduce|participate
        |disclose)|(i can|i should|i'm able|i am able|i'm allowed)
    )
    |{_I} ((have (absolutely|simply|really|literally)? no) (way|means|idea|clue|information|knowledge|data|record
        |access|ability|details|memory|insight|permission|capability|opinion|real time|internet|personal|physical
        |body|record|mention|notion|recollection)|lack)
    |(i am|i'm|we are|we're) not (really|entirely|quite|completely|fully|exactly|too|100)* ( (sure|certain) (what
        |who|how|when|where|which|about|i|.)|familiar|aware of any|aware of (the|that|this|a)|trained|connected to
        |informed about|privy)
    |i (must|have to|need to|will have to|'ll have to|'m going to have to|am going to have to|would have to|'d have
        to)? (respectfully|politely|kindly)? (decline|refuse|pass on|say no|stop (here|you)|prefer not|choose not
        to)
    |(i'd|i would) (much)? (rather|prefer) not
    |we (can't|cannot|are unable to|are not able to) (provide|process|help|assist|fulfil|offer|share|answer|comply)
    |my (knowledge|training|programming|guidelines|policies|policy|information|instructions|capabilities|abilities
        |database|cut off|last update)[40] (cut|only|doesn't|does not|ends?|ended|stops?|limited|last|prohibit
        |prevent|don't|do not|forbid|allow|not|up to)
    |(that|this)('s| is) an? (question|topic|thing|subject|area) [12] i (can't|cannot|don't|won't)
    |(that|this)('s| is| falls| goes| lies)? (well|simply|just|a bit|far|unfortunately)* (not something (i|we)
        |something i? ({_CANNOT}|don't|do not|have no)|(outside|beyond|against) (of)? ((the|what) [24])? (i|my|me))
    |(this|that) (kind of|type of|sort of)? (request|question|topic|content|task|information|query)~ (({_CANNOT}|i
        (don't|do not|have no))|(outside|beyond|against|violat[8]|breach[8]) (of)? (what|my|our|the scope)|not
        something i|my {_MINE})
    |no can do|can't (do that|help|say)|cannot (do that|help)|unable to (help|assist|answer|comply)
    |(i'm|i am|as) (just|only|simply)? an? {_AI} (,|and|that|so)* (without|with no|don't|do not|can't|cannot|can
        only|have no|lack|am not|am unable|not able)
    |(i only know|i only have|i have (very|only)? (limited|little|outdated)) [20] (information|knowledge|up to|until
        |through|data|access)
    |(providing|creating|writing|generating|giving|sharing|helping|assisting|discussing|producing|making) ~
        (something i ({_CANNOT}|don't|do)|i ({_CANNOT}|don't)|against my|my (usage|content|guidelines|policy
        |policies))
    ) {_REST}
    |no (idea|clue|comment).|beats me.|not sure.|don't know.|{_I} not (entirely|quite|really)? (sure|certain).
    )
"""
