using System.Collections.Immutable;
using Pms.Primitives;

namespace Pms.Validation.WalkForward;

/// <summary>Margins of boards that are known from an earlier run, so that a run can be taken up again.</summary>
public interface IForecastStore
{
    /// <summary>What was kept; null where nothing was.</summary>
    /// <param name="model">fingerprint of the model</param>
    /// <param name="board">hash of the snapshot</param>
    /// <param name="books">what the books were made by</param>
    ImmutableArray<ModelMargin?>? Find(string model, ContentHash board, string books);

    /// <summary>Keeps what a model asked; called by several threads.</summary>
    void Keep(string model, ContentHash board, string books, ImmutableArray<ModelMargin?> margins);
}
