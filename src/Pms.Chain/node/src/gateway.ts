// The few Ethereum operations that the engine needs, on viem. Each takes one JSON object and answers with JSON (values.ts says how numbers travel).
// Private keys are read here from files that only their owner can read; they do not cross the process border.
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import {
  type Abi, type AbiEvent, type AbiFunction, type Address, type Hex, type PublicClient,
  createPublicClient, decodeErrorResult, decodeEventLog, decodeFunctionResult, encodeDeployData, encodeFunctionData, hashTypedData, http, recoverAddress, BaseError,
} from 'viem';
import { generatePrivateKey, privateKeyToAccount, sign, type PrivateKeyAccount } from 'viem/accounts';
import { serializeSignature } from 'viem';
import { toAbi, toJson } from './values';

interface Endpoint { url: string; timeoutMs?: number }
interface KeyFile { keyFile: string }

/** Calls that go in one HTTP request. */
const BATCH = 128;

const clients = new Map<string, PublicClient>();
const batching = new Map<string, PublicClient>();

function clientOf(endpoint: Endpoint): PublicClient {
  const known = clients.get(endpoint.url);
  if (known) return known;
  const client = createPublicClient({ transport: http(endpoint.url, { timeout: endpoint.timeoutMs ?? 10_000, retryCount: 0 }), pollingInterval: 200 });
  clients.set(endpoint.url, client);
  return client;
}

/** A client whose requests of one turn share HTTP requests (JSON-RPC batches). */
function batchingClientOf(endpoint: Endpoint): PublicClient {
  const known = batching.get(endpoint.url);
  if (known) return known;
  const client = createPublicClient({ transport: http(endpoint.url, { timeout: endpoint.timeoutMs ?? 20_000, retryCount: 0, batch: { batchSize: BATCH } }) });
  batching.set(endpoint.url, client);
  return client;
}

function accountOf({ keyFile }: KeyFile): PrivateKeyAccount {
  return privateKeyToAccount(keyOf(keyFile));
}

function keyOf(path: string): Hex {
  const mode = statSync(path).mode & 0o077;
  if (mode !== 0) throw new Error(`key-file: ${path} can be read by others (mode ${mode.toString(8)}): chmod 600 it`);
  const text = readFileSync(path, 'utf8').trim();
  if (!/^0x[0-9a-fA-F]{64}$/.test(text)) throw new Error(`key-file: ${path} does not hold 0x and 64 hexadecimal digits`);
  return text as Hex;
}

function functionOf(abi: Abi, name: string): AbiFunction {
  const found = abi.filter((e): e is AbiFunction => e.type === 'function' && e.name === name);
  if (found.length !== 1) throw new Error(`abi: ${found.length} functions are named ${name}, one is expected`);
  return found[0] as AbiFunction;
}

function dataOf(abi: Abi, name: string, args: readonly unknown[]): Hex {
  const f = functionOf(abi, name);
  if (f.inputs.length !== args.length) throw new Error(`abi: ${name} takes ${f.inputs.length} arguments, not ${args.length}`);
  return encodeFunctionData({ abi: [f], functionName: name, args: f.inputs.map((p, i) => toAbi(p, args[i])) });
}

/** Reverts come back as data with their decoded error, everything else as an exception. */
function revertOf(error: unknown, abi: Abi): { name: string; args: unknown; data: Hex } | undefined {
  if (!(error instanceof BaseError)) return undefined;
  let data: Hex | undefined;
  error.walk((e) => {
    const raw = (e as { data?: unknown }).data;
    const hex = typeof raw === 'string' ? raw : (raw as { data?: unknown } | undefined)?.data;
    if (typeof hex === 'string' && hex.startsWith('0x')) data = hex as Hex;
    return data !== undefined;
  });
  if (data === undefined) return /revert/i.test(error.message) ? { name: 'revert', args: [], data: '0x' } : undefined;
  try {
    const decoded = decodeErrorResult({ abi, data });
    return { name: decoded.errorName, args: toJson(decoded.args ?? []), data };
  } catch {
    return { name: 'unknown', args: [], data };
  }
}

async function chainInfo(p: Endpoint): Promise<unknown> {
  const client = clientOf(p);
  const [chainId, block] = await Promise.all([client.getChainId(), client.getBlock()]);
  return toJson({ chainId, number: block.number, hash: block.hash, timestamp: block.timestamp, baseFeePerGas: block.baseFeePerGas ?? 0n });
}

/** A block by number or tag; null where there is none. */
async function block(p: Endpoint & { number?: string; tag?: 'latest' | 'safe' | 'finalized' }): Promise<unknown> {
  const client = clientOf(p);
  try {
    const b = p.number === undefined ? await client.getBlock({ blockTag: p.tag ?? 'latest' }) : await client.getBlock({ blockNumber: BigInt(p.number) });
    return toJson({ number: b.number, hash: b.hash, parentHash: b.parentHash, timestamp: b.timestamp, baseFeePerGas: b.baseFeePerGas ?? 0n });
  } catch (error) {
    if (error instanceof BaseError && error.name === 'BlockNotFoundError') return null;
    throw error;
  }
}

interface Call { to: Address; abi: Abi; name: string; args: unknown[]; from?: Address; block?: string }

async function callWith(client: PublicClient, p: Call): Promise<unknown> {
  const f = functionOf(p.abi, p.name);
  try {
    const { data } = await client.call({
      to: p.to, data: dataOf(p.abi, p.name, p.args),
      ...(p.from === undefined ? {} : { account: p.from }), ...(p.block === undefined ? {} : { blockNumber: BigInt(p.block) }),
    });
    if (data === undefined && f.outputs.length > 0) throw new Error(`no-contract: ${p.to} answers nothing to ${p.name}`);
    const result = f.outputs.length === 0 ? [] : decodeFunctionResult({ abi: [f], functionName: p.name, data: data as Hex });
    // One output comes bare, several as a list.
    return { result: toJson(f.outputs.length === 1 ? [result] : result) };
  } catch (error) {
    const revert = revertOf(error, p.abi);
    if (revert) return { revert };
    throw error;
  }
}

/** Calls a function without a transaction. Answers {result} or {revert}. */
async function call(p: Endpoint & Call): Promise<unknown> {
  return callWith(clientOf(p), p);
}

/** Many calls in few HTTP requests; each contract's abi comes once. Answers a list of {result} or {revert}, in order. */
async function calls(p: Endpoint & { contracts: { to: Address; abi: Abi }[]; calls: { contract: number; name: string; args: unknown[] }[]; block?: string }): Promise<unknown> {
  const client = batchingClientOf(p);
  return Promise.all(p.calls.map((c) => {
    const contract = p.contracts[c.contract];
    if (contract === undefined) throw new Error(`gateway: there is no contract ${c.contract}`);
    return callWith(client, { ...contract, name: c.name, args: c.args, ...(p.block === undefined ? {} : { block: p.block }) });
  }));
}

async function encodeCall(p: { abi: Abi; name: string; args: unknown[] }): Promise<string> {
  return dataOf(p.abi, p.name, p.args);
}

async function encodeDeploy(p: { abi: Abi; bytecode: Hex; args: unknown[] }): Promise<string> {
  const inputs = p.abi.find((e) => e.type === 'constructor')?.inputs ?? [];
  if (inputs.length !== p.args.length) throw new Error(`abi: the constructor takes ${inputs.length} arguments, not ${p.args.length}`);
  return encodeDeployData({ abi: p.abi, bytecode: p.bytecode, args: inputs.map((i, n) => toAbi(i, p.args[n])) });
}

/** Gas that a call needs. Answers {gas} or {revert}. */
async function estimate(p: Endpoint & { from: Address; to?: Address; data: Hex; abi?: Abi }): Promise<unknown> {
  try {
    return toJson({ gas: await clientOf(p).estimateGas({ account: p.from, data: p.data, ...(p.to === undefined ? {} : { to: p.to }) }) });
  } catch (error) {
    const revert = revertOf(error, p.abi ?? []);
    if (revert) return { revert };
    throw error;
  }
}

/** Signs a transaction; sending is a step of its own, so that it can be kept before it is sent. */
async function signTransaction(p: KeyFile & {
  chainId: number; nonce: number; to?: Address; data: Hex; value?: string; gas: string; maxFeePerGas: string; maxPriorityFeePerGas: string;
}): Promise<unknown> {
  const account = accountOf(p);
  const raw = await account.signTransaction({
    type: 'eip1559', chainId: p.chainId, nonce: p.nonce, data: p.data, value: BigInt(p.value ?? 0), gas: BigInt(p.gas),
    maxFeePerGas: BigInt(p.maxFeePerGas), maxPriorityFeePerGas: BigInt(p.maxPriorityFeePerGas), ...(p.to === undefined ? {} : { to: p.to }),
  });
  const { keccak256 } = await import('viem');
  return { raw, hash: keccak256(raw), from: account.address };
}

/** Sends a signed transaction. Answers {sent} or {refused: reason}; a node that knows it already is no refusal. */
async function sendRaw(p: Endpoint & { raw: Hex }): Promise<unknown> {
  try {
    return { sent: await clientOf(p).sendRawTransaction({ serializedTransaction: p.raw }) };
  } catch (error) {
    const text = error instanceof BaseError ? `${error.shortMessage} ${error.details ?? ''}` : String(error);
    if (/already known|already imported/i.test(text)) return { sent: null };
    if (/nonce too low|nonce is too low/i.test(text)) return { refused: 'nonce-too-low' };
    if (/underpriced|fee too low|max fee per gas less than/i.test(text)) return { refused: 'underpriced' };
    if (/insufficient funds/i.test(text)) return { refused: 'insufficient-funds' };
    throw error;
  }
}

/** Receipt of a transaction; null while there is none. */
async function receipt(p: Endpoint & { hash: Hex }): Promise<unknown> {
  try {
    const r = await clientOf(p).getTransactionReceipt({ hash: p.hash });
    return toJson({
      hash: r.transactionHash, blockNumber: r.blockNumber, blockHash: r.blockHash, status: r.status, gasUsed: r.gasUsed,
      effectiveGasPrice: r.effectiveGasPrice, contractAddress: r.contractAddress ?? null,
    });
  } catch (error) {
    if (error instanceof BaseError && error.name === 'TransactionReceiptNotFoundError') return null;
    throw error;
  }
}

async function nonce(p: Endpoint & { address: Address; tag: 'latest' | 'pending' }): Promise<string> {
  return String(await clientOf(p).getTransactionCount({ address: p.address, blockTag: p.tag }));
}

async function feeHistory(p: Endpoint & { blocks: number; percentiles: number[] }): Promise<unknown> {
  return toJson(await clientOf(p).getFeeHistory({ blockCount: p.blocks, rewardPercentiles: p.percentiles }));
}

/** Logs of some contracts, decoded by the events of the abi; others are left out. */
async function logs(p: Endpoint & { addresses: Address[]; fromBlock: string; toBlock: string; abi: Abi }): Promise<unknown> {
  const events = p.abi.filter((e): e is AbiEvent => e.type === 'event');
  const found = await clientOf(p).getLogs({ address: p.addresses, fromBlock: BigInt(p.fromBlock), toBlock: BigInt(p.toBlock) });
  const decoded = [];
  for (const log of found) {
    try {
      const { eventName, args } = decodeEventLog({ abi: events, data: log.data, topics: log.topics, strict: true });
      decoded.push(toJson({ address: log.address, event: eventName, args: args ?? {}, blockNumber: log.blockNumber, blockHash: log.blockHash, transactionHash: log.transactionHash, logIndex: log.logIndex }));
    } catch (error) {
      if (!(error instanceof BaseError) || error.name !== 'AbiEventSignatureNotFoundError') throw error;
    }
  }
  return decoded;
}

/** Makes a key in a new file that only its owner can read; answers with its address. */
async function newKey({ keyFile }: KeyFile): Promise<string> {
  const key = generatePrivateKey();
  mkdirSync(dirname(keyFile), { recursive: true });
  writeFileSync(keyFile, `${key}\n`, { mode: 0o600, flag: 'wx' });
  return privateKeyToAccount(key).address;
}

async function addressOf(p: KeyFile): Promise<string> {
  return accountOf(p).address;
}

/** 65 bytes r || s || v, s in the lower half, v 27 or 28. */
async function signDigest(p: KeyFile & { digest: Hex }): Promise<string> {
  return serializeSignature(await sign({ hash: p.digest, privateKey: keyOf(p.keyFile) }));
}

/** Address that signed a digest; null where the signature is none. */
async function recover(p: { digest: Hex; signature: Hex }): Promise<string | null> {
  try {
    return await recoverAddress({ hash: p.digest, signature: p.signature });
  } catch {
    return null;
  }
}

/** EIP-712 digest as the library computes it, for tests against our own. */
async function typedDataDigest(p: { domain: Record<string, unknown>; types: Record<string, { name: string; type: string }[]>; primaryType: string; message: Record<string, unknown> }): Promise<string> {
  return hashTypedData(p as unknown as Parameters<typeof hashTypedData>[0]);
}

/** Any method of the node, for local chains (anvil_*, evm_*). */
async function rpc(p: Endpoint & { method: string; params: unknown[] }): Promise<unknown> {
  const request = clientOf(p).request as unknown as (a: { method: string; params: unknown[] }) => Promise<unknown>;
  return await request({ method: p.method, params: p.params });
}

const operations: Record<string, (request: never) => Promise<unknown>> = {
  chainInfo, block, call, calls, encodeCall, encodeDeploy, estimate, signTransaction, sendRaw, receipt, nonce, feeHistory, logs, newKey, addressOf, signDigest, recover, typedDataDigest, rpc,
};

/** The one export: runs an operation; the answer is wrapped, because a bare text would cross the process border without quotes. */
export async function invoke(operation: string, request: unknown): Promise<{ value: unknown }> {
  const run = operations[operation];
  if (run === undefined) throw new Error(`gateway: there is no operation ${operation}`);
  return { value: (await run(request as never)) ?? null };
}
