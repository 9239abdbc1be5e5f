// Asks as a program with the Azure SDK for JavaScript does.

const identity = require("@azure/identity");

const credential = new identity[process.argv[2]]();
credential
  .getToken("https://management.azure.com/.default")
  .then(({ token }) => console.log(JSON.stringify({ token })));
