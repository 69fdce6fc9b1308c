"""What now, and by when: from a diagnosis and a clock to the next steps, their dates and the words to send.

The playbook, the guards, the words and every threshold are data beside this code; the code states the
mechanism: which facts hold, when waiting is worth more than acting, and what is never advised.
"""

from dozor.advice.advise import advise
from dozor.advice.tables import binding

__all__ = ["advise", "binding"]
