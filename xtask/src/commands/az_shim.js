// Asks the Azure CLI as a program with the Azure SDK for JavaScript does, and says what it got.

const { AzureCliCredential } = require("@azure/identity");

new AzureCliCredential()
  .getToken(process.argv[2])
  .then(({ token }) => ({ token }))
  .catch((error) => ({ kind: error.name, error: error.message }))
  .then((answer) => console.log(JSON.stringify(answer)));
