namespace Pms.Primitives;

/// <summary>Ranges of parameters, refused alike wherever they are.</summary>
public static class ParameterRange
{
    /// <param name="code">of the document that the parameter belongs to</param>
    /// <param name="name">parameter</param>
    /// <param name="value">NaN is in no range</param>
    /// <param name="least">allowed</param>
    /// <param name="most">allowed</param>
    /// <exception cref="InvalidInputException">of the code: the value is outside its range</exception>
    public static void Require(string code, string name, double value, double least, double most)
    {
        if (!(value >= least && value <= most))
        {
            throw new InvalidInputException(code, $"{name} = {value}: {least} to {most} is required");
        }
    }
}
