"""The program `pypi-attestations`, whose only trust is PyPI's, with the instance of $CLIENT_TRUST_CONFIG in its place.

Its arguments, its code for PEP 740 and its errors are its own.
"""

import os
import pathlib
import sys

from pypi_attestations import _cli, _impl
from sigstore.models import ClientTrustConfig
from sigstore.verify import Verifier


def trust_config():
    """The client trust configuration of the instance."""
    return ClientTrustConfig.from_json(pathlib.Path(os.environ["CLIENT_TRUST_CONFIG"]).read_text())


class InstanceTrustConfig:
    """What the program asks its trust configuration of."""

    production = staging = staticmethod(trust_config)


class InstanceVerifier:
    """What the program asks its verifier of."""

    @staticmethod
    def production(*, offline=False):
        del offline  # the trusted root is given
        return Verifier(trusted_root=trust_config().trusted_root)

    staging = production


_cli.ClientTrustConfig = InstanceTrustConfig
_impl.Verifier = InstanceVerifier
sys.exit(_cli.main())
