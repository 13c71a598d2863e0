from metabang.input_errors import InputError


class WeightsError(InputError):
    """A weights file that cannot be read, or that does not fit the network it is loaded into."""
