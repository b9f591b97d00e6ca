"""Library: species and transporters with published parameters, one TOML sheet a paper."""

from . import explicit as explicit
from . import metabolism as metabolism
from .carriers import GLUT2 as GLUT2
from .carriers import SGLT1 as SGLT1
from .channels import leak as leak
from .channels import water as water
from .cotransporters import KCC2 as KCC2
from .pumps import NaKATPase as NaKATPase
from .sheet import sheet as sheet
from .species import ADP as ADP
from .species import ATP as ATP
from .species import H2O as H2O
from .species import HCO3 as HCO3
from .species import Ca as Ca
from .species import Cl as Cl
from .species import H as H
from .species import K as K
from .species import Mg as Mg
from .species import Na as Na
from .species import Pi as Pi
from .species import glucose as glucose
