// node flagd.mjs FILE KEY COUNT: the flagd provider in file mode, without any server, for COUNT users, twice.
import { OpenFeature } from "@openfeature/server-sdk";
import { FlagdProvider } from "@openfeature/flagd-provider";

const [file, key, count] = process.argv.slice(2);
await OpenFeature.setProviderAndWait(new FlagdProvider({ resolverType: "in-process", offlineFlagSourcePath: file }));
const client = OpenFeature.getClient();
const variant = async (context) => (await client.getObjectDetails(key, {}, context)).variant;
const variants = () => Promise.all(Array.from({ length: Number(count) }, (_, n) => variant({ targetingKey: `user-${n}` })));
const first = await variants();
const sticky = JSON.stringify(first) === JSON.stringify(await variants());
console.log(JSON.stringify({ sticky, variants: first, without: await variant({}) }));
await OpenFeature.close();
