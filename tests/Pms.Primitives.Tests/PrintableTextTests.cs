namespace Pms.Primitives.Tests;

public sealed class PrintableTextTests
{
    [Theory]
    [InlineData("plain \u00E9 \u65E5", "plain \u00E9 \u65E5")]
    [InlineData("\u001B[31mred\u0007\r\n\0", "\uFFFD[31mred\uFFFD\uFFFD\uFFFD\uFFFD")]
    [InlineData("a\u202Eb\u2028c\u009B", "a\uFFFDb\uFFFDc\uFFFD")]
    [InlineData("", "")]
    public void Of_TextFromOutside_HoldsNothingATerminalActsOn(string text, string expected) => PrintableText.Of(text).ShouldBe(expected);

    [Fact]
    public void Of_HalfASurrogatePair_IsReplaced() => PrintableText.Of(['\uD800', 'x']).ShouldBe("\uFFFDx");

    [Fact]
    public void Of_LongText_IsCut() => PrintableText.Of(new string('x', 1_000_000), maxLength: 10).ShouldBe(new string('x', 10));
}
