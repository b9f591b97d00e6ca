"""Mistakes in files, and packages that are not installed."""

from .mistake import BiomembraneError, mistake


class CorruptFile(BiomembraneError):
    """A file that is damaged or is not what it should be."""

    headline = "the file cannot be used"


@mistake
class ModelFailed(BiomembraneError):
    """A model.py that does not run; its own error is the cause.

    ``path`` of the file and ``line`` in it, 0 where it is not known.
    """

    path: str = ""
    line: int = 0
    headline = "the model file raised an error"


@mistake
class NotWritable(BiomembraneError):
    """A folder that cannot be made, a name that is too long, a full disk; ``path`` is the place."""

    path: str = ""
    headline = "the file cannot be written"


@mistake
class UnknownSuffix(BiomembraneError):
    """A ``suffix`` that no writer serves."""

    suffix: str = ""
    headline = "the file type is not known"


@mistake
class NeedsExtra(BiomembraneError):
    """``extra`` installs what is missing: ``pip install 'biomembrane[extra]'``."""

    extra: str = ""
    headline = "an optional package is needed"
