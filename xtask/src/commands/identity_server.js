// Asks as a program with the Azure SDK for JavaScript does, and says what it got.

const { DefaultAzureCredential, ManagedIdentityCredential } = require("@azure/identity");

async function main([clientId, ...scopes]) {
  const credentials = {
    ManagedIdentityCredential: new ManagedIdentityCredential(),
    DefaultAzureCredential: new DefaultAzureCredential(),
    "ManagedIdentityCredential with a client id": new ManagedIdentityCredential({ clientId }),
  };
  for (const [credential, asked] of Object.entries(credentials)) {
    for (const scope of scopes) {
      const answer = await asked.getToken(scope).then(({ token }) => ({ token }), ({ message }) => ({ error: message }));
      console.log(JSON.stringify({ credential, scope, ...answer }));
    }
  }
}

main(process.argv.slice(2));
