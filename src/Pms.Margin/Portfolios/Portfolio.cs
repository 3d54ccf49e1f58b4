using System.Collections.Immutable;

namespace Pms.Margin.Portfolios;

/// <summary>The accounts of a file.</summary>
/// <param name="Accounts">in the order in which they first appear</param>
/// <param name="Notes">what was netted, dropped or converted on the way in, for people</param>
public sealed record Portfolio(ImmutableArray<Account> Accounts, ImmutableArray<string> Notes);
