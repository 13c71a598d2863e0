from metabang.errors import MetaBangError


class WeightsError(MetaBangError):
    """A weights file that cannot be read, or that does not fit the network it is loaded into."""
