"""Fifty planted faults and fifty sound laws, written as people write them: numbers in mM, V and s
at 37 °C, fluxes of any scale.

A fault is (name, the cause that a referee would name, what is audited).  ``also`` are other names
for the same thing.
"""

from . import faults_of_books, faults_of_form, faults_of_numbers  # noqa: F401  they fill FAULTS
from .laws import CARRIER as CARRIER
from .laws import FAULTS as FAULTS
from .laws import GLUT as GLUT
from .laws import RT as RT
from .laws import SIX as SIX
from .laws import V as V
from .laws import c as c
from .laws import cycle as cycle
from .laws import exp as exp
from .laws import ln as ln
from .laws import q10 as q10
from .laws import said as said
from .laws import u as u
from .sound import REACTIONS as REACTIONS
from .sound import SOUND as SOUND
from .sound import sides as sides
