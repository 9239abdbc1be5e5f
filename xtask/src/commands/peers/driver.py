"""Asks Microsoft's clients for tokens: a line of JSON comes in, another one goes out."""

import datetime
import json
import os
import random
import sys
import time

# What a client prints is not for us.
answers, sys.stdout = sys.stdout, sys.stderr
machine = dict(os.environ)


class FakeTime:
    """Nobody waits: a sleep returns at once, and the clock, if it was set, moves by it."""

    real = staticmethod(time.time)
    now = None

    @classmethod
    def time(cls):
        return cls.real() if cls.now is None else cls.now

    @classmethod
    def sleep(cls, seconds):
        if cls.now is not None:
            cls.now += seconds


class FakeDate(datetime.datetime):
    """The same clock, for those who want a date."""

    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(FakeTime.time(), tz)


time.time, time.sleep, datetime.datetime = FakeTime.time, FakeTime.sleep, FakeDate


def azure_identity(ask):
    from azure.identity import ManagedIdentityCredential
    from azure.identity._internal import within_credential_chain

    identity = dict(ask["identity"])
    options = {"client_id": identity.pop("client_id", None), "identity_config": identity or None}
    within_credential_chain.set(ask["in_chain"])
    credential = ManagedIdentityCredential(**{name: value for name, value in options.items() if value})
    options = {"tenant_id": ask["tenant"], "enable_cae": ask["continuous_access"]}
    return lambda claims: credential.get_token(ask["scope"], claims=claims, **options).token


def azureml_core(ask):
    from azureml.core.authentication import MsiAuthentication

    names = {"resource_id": "msi_res_id"}
    identity = {names.get(name, name): value for name, value in ask["identity"].items()}
    authentication = MsiAuthentication(identity_config=identity)
    # Its other tokens are not for everybody.
    return lambda claims: authentication.get_authentication_header()["Authorization"].removeprefix("Bearer ")


def msal(ask):
    import msal
    import requests

    identity = msal.UserAssignedManagedIdentity(**ask["identity"]) if ask["identity"] else msal.SystemAssignedManagedIdentity()
    capabilities = ["cp1"] if ask["continuous_access"] else None
    client = msal.ManagedIdentityClient(identity, http_client=requests.Session(), client_capabilities=capabilities)

    def token(claims):
        answer = client.acquire_token_for_client(resource=ask["scope"].removesuffix("/.default"), claims_challenge=claims)
        if "access_token" not in answer:
            raise Refused
        return answer["access_token"]

    return token


class Refused(Exception):
    """The answer of MSAL that is not a token."""


def answer(peer, ask):
    import msal.managed_identity

    os.environ.clear()
    os.environ.update(machine, **ask["env"])
    # The agent's folder belongs to root; here it is another one.
    msal.managed_identity._supported_arc_platforms_and_their_prefixes[sys.platform] = ask["arc_tokens"]
    FakeTime.now = ask["now"]
    # azureml-core throws dice for its waits, and how long it has waited decides how often it asks.
    random.seed(0)
    try:
        token = peer(ask)
        for _ in range(ask["times"]):
            answered = token(None)
        if ask["claims"]:
            answered = token(ask["claims"])
        return {"token": answered}
    except Exception as error:
        return {"error": type(error).__name__}


if __name__ == "__main__":
    peer = {"azure-identity": azure_identity, "azureml-core": azureml_core, "msal": msal}[sys.argv[1]]
    for line in sys.stdin:
        print(json.dumps(answer(peer, json.loads(line))), file=answers, flush=True)
