using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Pms.Primitives;

namespace Pms.Server.Api;

/// <summary>What a caller may do.</summary>
[Flags]
public enum ApiScopes
{
    None = 0,
    Read = 1,
    Write = 2,
}

/// <summary>A key that lets somebody in. The server keeps its hash alone.</summary>
/// <param name="Name">whose</param>
/// <param name="Hash">SHA-256 of the key's text</param>
/// <param name="Scopes">what it opens</param>
public sealed record ApiKey(string Name, ContentHash Hash, ApiScopes Scopes)
{
    private const int LeastLength = 24;

    /// <summary>Reads a file of keys: on each line a name, a key or <c>sha256:</c> and its hash, and the scopes, separated by blanks; <c>#</c> begins a comment.</summary>
    /// <exception cref="InvalidInputException"><c>api-keys</c> with the line's number</exception>
    public static ImmutableArray<ApiKey> ReadFile(string path)
    {
        var keys = ImmutableArray.CreateBuilder<ApiKey>();
        var number = 0;
        foreach (var line in File.ReadLines(path))
        {
            number++;
            var text = line.Split('#')[0].Trim();
            if (text.Length != 0)
            {
                keys.Add(Parse(text, number));
            }
        }

        return keys.Count != 0 ? keys.ToImmutable() : throw new InvalidInputException("api-keys", $"{path} has no key");
    }

    /// <summary>What the key in a header opens; none for an unknown one.</summary>
    /// <param name="keys">known ones</param>
    /// <param name="authorization">header; null: none came</param>
    internal static ApiScopes ScopesOf(ImmutableArray<ApiKey> keys, string? authorization)
    {
        const string Scheme = "Bearer ";
        if (authorization is null || !authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return ApiScopes.None;
        }

        Span<byte> given = stackalloc byte[ContentHash.SizeBytes];
        Span<byte> known = stackalloc byte[ContentHash.SizeBytes];
        HashOf(authorization[Scheme.Length..].Trim()).CopyTo(given);
        var scopes = ApiScopes.None;
        foreach (var key in keys)
        {
            key.Hash.CopyTo(known);
            if (CryptographicOperations.FixedTimeEquals(given, known))
            {
                scopes |= key.Scopes;
            }
        }

        return scopes;
    }

    private static ApiKey Parse(string line, int number)
    {
        const string Hashed = "sha256:";
        var parts = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length != 3)
        {
            throw new InvalidInputException("api-keys", $"line {number} has {parts.Length} parts: name, key and scopes are required");
        }

        var scopes = ApiScopes.None;
        foreach (var scope in parts[2].Split(','))
        {
            scopes |= scope switch
            {
                "read" => ApiScopes.Read,
                "write" => ApiScopes.Write,
                _ => throw new InvalidInputException("api-keys", $"line {number}: scope '{PrintableText.Of(scope)}' is none of read, write"),
            };
        }

        if (!parts[1].StartsWith(Hashed, StringComparison.Ordinal) && parts[1].Length < LeastLength)
        {
            throw new InvalidInputException("api-keys", $"line {number}: a key of {parts[1].Length} characters can be guessed: {LeastLength} are required");
        }

        return new ApiKey(parts[0], parts[1].StartsWith(Hashed, StringComparison.Ordinal) ? ContentHash.Parse(parts[1][Hashed.Length..]) : HashOf(parts[1]), scopes);
    }

    private static ContentHash HashOf(string key) => ContentHash.Of(Encoding.UTF8.GetBytes(key));
}
