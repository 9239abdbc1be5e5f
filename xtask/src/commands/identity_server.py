"""Asks as a program with the Azure SDK for Python does, and says what it got."""

import json
import sys

from azure.identity import DefaultAzureCredential, ManagedIdentityCredential

client_id, *scopes = sys.argv[1:]
credentials = {
    "ManagedIdentityCredential": ManagedIdentityCredential(),
    "DefaultAzureCredential": DefaultAzureCredential(),
    "ManagedIdentityCredential with a client id": ManagedIdentityCredential(client_id=client_id),
}
for name, credential in credentials.items():
    for scope in scopes:
        try:
            answer = {"token": credential.get_token(scope).token}
        except Exception as error:
            answer = {"error": str(error)}
        print(json.dumps({"credential": name, "scope": scope, **answer}))
