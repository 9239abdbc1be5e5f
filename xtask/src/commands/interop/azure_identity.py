"""Asks as a program with the Azure SDK for Python does. A login in the browser is kept, unencrypted where there is no keyring."""

import json
import pathlib
import sys

import azure.identity
from azure.identity import AuthenticationRecord, TokenCachePersistenceOptions

SCOPE = "https://management.azure.com/.default"


def interactive():
    kept = pathlib.Path.home() / "record.json"
    record = AuthenticationRecord.deserialize(kept.read_text()) if kept.exists() else None
    options = TokenCachePersistenceOptions(allow_unencrypted_storage=True)
    credential = azure.identity.InteractiveBrowserCredential(
        authentication_record=record, cache_persistence_options=options, disable_automatic_authentication=True
    )
    if record is None:
        kept.write_text(credential.authenticate(scopes=[SCOPE]).serialize())
    return credential


name = sys.argv[1]
credential = interactive() if name == "InteractiveBrowserCredential" else getattr(azure.identity, name)()
print(json.dumps({"token": credential.get_token(SCOPE).token}))
