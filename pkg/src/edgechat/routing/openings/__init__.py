"""How answers begin that are none: the model refuses, or does not know.

Written by hand after what small instruction models say, in the language of `edgechat.routing.automaton`. Each language
has ways to lead up to it (apologies, thanks, "as an AI"), any number of which may come first; then who cannot do or
does not know what. The rest of the sentence is awaited, for a "but" may turn it into an answer after all.

Not here is what begins like every other answer ("It ...", "The ..."): waiting would cost more than it finds.
"""

from edgechat.routing.openings import chinese, english, french, german, japanese, spanish

OPENINGS = tuple(language.PATTERNS for language in (english, german, french, spanish, japanese, chinese))
