// node read.mjs server|web URL ENVIRONMENT KEY TOKEN: reads a prompt as a flag and prints it as a line of JSON.
// The web provider goes on: it prints a line whenever its stream told of a change, until stdin ends.
const [kind, url, environment, key, token] = process.argv.slice(2);
const headers = token ? [["Authorization", `Bearer ${token}`]] : [];
const baseUrl = `${url}/e/${environment}`;
const print = (details) =>
  console.log(JSON.stringify({ version: details.value.version, variant: details.variant, reason: details.reason }));

if (kind === "server") {
  const { OpenFeature } = await import("@openfeature/server-sdk");
  const { OFREPProvider } = await import("@openfeature/ofrep-provider");
  await OpenFeature.setProviderAndWait(new OFREPProvider({ baseUrl, headers }));
  print(await OpenFeature.getClient().getObjectDetails(key, {}, { targetingKey: "user-1" }));
  print(await OpenFeature.getClient().getObjectDetails("no-such-prompt", { version: "default" }));
} else {
  const EventSource = (await import("eventsource")).default;
  globalThis.EventSource = EventSource;
  const { OpenFeature, ProviderEvents } = await import("@openfeature/web-sdk");
  const { OFREPWebProvider } = await import("@openfeature/ofrep-web-provider");
  const client = OpenFeature.getClient();
  await OpenFeature.setProviderAndWait(new OFREPWebProvider({ baseUrl, headers, pollInterval: -1 }));
  print(client.getObjectDetails(key, {}));
  client.addHandler(ProviderEvents.ConfigurationChanged, () => print(client.getObjectDetails(key, {})));
  process.stdin.resume();
  process.stdin.on("end", () => process.exit(0));
}
