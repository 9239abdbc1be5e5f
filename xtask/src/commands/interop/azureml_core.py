"""Signs in as a program with the Azure ML Python SDK v1 does, and looks up a workspace."""

import contextlib
import io
import json
import sys

from azureml.core import Workspace
from azureml.core.authentication import InteractiveLoginAuthentication

subscription, group, name = sys.argv[1:]


class Told(io.StringIO):
    """What the SDK tells the person, who reads it while the program waits."""

    def write(self, text):
        sys.stderr.write(text)
        sys.stderr.flush()
        return super().write(text)


told = Told()
with contextlib.redirect_stdout(told):
    auth = InteractiveLoginAuthentication()
    token = auth.get_authentication_header()["Authorization"].split()[1]
    workspace = Workspace.get(name, auth, subscription, group)
prompted = "interactive authentication" in told.getvalue().lower()
print(json.dumps({"token": token, "workspace": workspace.name, "prompted": prompted}))
