using Pms.Testing;

namespace Pms.Architecture.Tests;

/// <summary>Rules on the text of the tree that no analyzer checks.</summary>
public sealed class SourceTextTests
{
    private static readonly string[] BannedFolders = ["Helpers", "Common", "Managers", "Utils", "Misc"];

    [Fact]
    public void Folders_NoneIsNamedAfterNothing()
    {
        Directory.EnumerateDirectories(Path.Combine(RepositoryPaths.Root, "src"), "*", SearchOption.AllDirectories)
            .Where(d => BannedFolders.Contains(Path.GetFileName(d)))
            .ShouldBeEmpty();
    }

    [Fact]
    public void Sources_HoldNoUnfinishedMarks()
    {
        string[] marks = ["TO" + "DO", "FIX" + "ME", "Not" + "ImplementedException", "X" + "XX"];
        var found =
            from file in Directory.EnumerateFiles(Path.Combine(RepositoryPaths.Root, "src"), "*.cs", SearchOption.AllDirectories)
            from line in File.ReadLines(file)
            from mark in marks
            where line.Contains(mark, StringComparison.Ordinal)
            select $"{file}: {line.Trim()}";
        found.ShouldBeEmpty();
    }
}
