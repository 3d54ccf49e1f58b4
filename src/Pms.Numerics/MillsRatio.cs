using System.Runtime.CompilerServices;

namespace Pms.Numerics;

/// <summary>The Mills ratio M(z) = N(-z) / phi(z) of the normal distribution, its slope and the moments behind differences of it.</summary>
/// <remarks>
/// M(z) = integral over u from 0 of exp(-z u - u^2/2), and I_j is the same with u^j in front, so that every derivative is
/// M^(j) = (-1)^j I_j. Rational minimax fits of our own (tools/fits/minimax.py, checked there against 70-digit values), all coefficients
/// positive: no cancellation for z from 0. Compare Cody (1969) and Johnson (2012) for erfcx(x) = sqrt(2/pi) M(sqrt(2) x).
/// Measured errors: docs/model/elementary-math.md.
/// </remarks>
public static class MillsRatio
{
    /// <summary>Lowest argument of <see cref="InRange"/>.</summary>
    public const double LowestInRange = -1.0625;

    /// <summary>Highest argument of <see cref="InRange"/>.</summary>
    public const double HighestInRange = 41.0;

    /// <summary>Factor of <see cref="ScaledPairInRange"/>.</summary>
    public const double PairScale = 1.0000000000049778;

    /// <summary>Factor of <see cref="UpperPair"/>.</summary>
    public const double UpperPairScale = 0.9999999999975607;

    private const double RootTwoPi = 2.5066282746310002;

    // M: type (10,11) on [-1.0625, 41]: relative error 9.51e-17.
    private const double MP0 = 1.2533141373155001;
    private const double MP1 = 1.958437468471712;
    private const double MP2 = 1.5239390795121726;
    private const double MP3 = 0.7591098755376503;
    private const double MP4 = 0.26496695243685725;
    private const double MP5 = 0.06729514673740859;
    private const double MP6 = 0.012556161382213204;
    private const double MP7 = 0.0016981231340078362;
    private const double MP8 = 0.00015947156824696712;
    private const double MP9 = 9.415934006808441e-06;
    private const double MP10 = 2.666626928440274e-07;
    private const double MQ1 = 2.360491580194293;
    private const double MQ2 = 2.5993272508890737;
    private const double MQ3 = 1.765360861773495;
    private const double MQ4 = 0.8231035201299546;
    private const double MQ5 = 0.27720680221494043;
    private const double MQ6 = 0.06897443965484507;
    private const double MQ7 = 0.01271509956611614;
    private const double MQ8 = 0.0017075390695403718;
    private const double MQ9 = 0.00015973823091308716;
    private const double MQ10 = 9.415934007089329e-06;
    private const double MQ11 = 2.666626928427e-07;

    // The same with both leading coefficients divided out: an addition takes the place of the first multiplication of each polynomial.
    private const double NP0 = 4699998.053528137;
    private const double NP1 = 7344249.949569113;
    private const double NP2 = 5714856.710021801;
    private const double NP3 = 2846704.454385969;
    private const double NP4 = 993640.8787105363;
    private const double NP5 = 252360.56090069533;
    private const double NP6 = 47086.3068556702;
    private const double NP7 = 6368.056648258174;
    private const double NP8 = 598.0272926301055;
    private const double NP9 = 35.31027871347521;
    private const double NQ0 = 3750055.8827322866;
    private const double NQ1 = 8851975.33644764;
    private const double NQ2 = 9747622.448342914;
    private const double NQ3 = 6620201.884839035;
    private const double NQ4 = 3086684.1977609894;
    private const double NQ5 = 1039540.9993795428;
    private const double NQ6 = 258658.00318581486;
    private const double NQ7 = 47682.33392744058;
    private const double NQ8 = 6403.366932725086;
    private const double NQ9 = 599.0272925328709;
    private const double NQ10 = 35.31027871470433;

    // M again, type (9,10) on [0, 41]: relative error 5.67e-17; leading coefficients divided out. For kernels that never ask below 0.
    private const double HP0 = 355267.1132935844;
    private const double HP1 = 551440.7215375379;
    private const double HP2 = 423346.70394431765;
    private const double HP3 = 206479.0990582898;
    private const double HP4 = 69822.33811672944;
    private const double HP5 = 16907.97204494946;
    private const double HP6 = 2931.841101610107;
    private const double HP7 = 352.2578772277316;
    private const double HP8 = 26.81589101552123;
    private const double HQ0 = 283462.14465726196;
    private const double HQ1 = 666156.106705815;
    private const double HQ2 = 727566.3992397139;
    private const double HQ3 = 487572.4517562057;
    private const double HQ4 = 222692.6202926074;
    private const double HQ5 = 72700.54435997478;
    private const double HQ6 = 17258.23003209789;
    private const double HQ7 = 2958.6569897785985;
    private const double HQ8 = 353.2578772764208;
    private const double HQ9 = 26.815891014937343;

    // I_1 = 1 - z M = -M': type (9,11) on [0, 41]: relative error 8.33e-17.
    private const double GP0 = 1.0;
    private const double GP1 = 1.290846660309167;
    private const double GP2 = 0.8464722016557543;
    private const double GP3 = 0.35995434697396483;
    private const double GP4 = 0.10800851222057581;
    private const double GP5 = 0.02357343324512547;
    private const double GP6 = 0.0037373515713505093;
    private const double GP7 = 0.0004162622853332178;
    private const double GP8 = 2.9798195284764205e-05;
    private const double GP9 = 1.0631956423016607e-06;
    private const double GQ1 = 2.5441607976246843;
    private const double GQ2 = 3.0351048969220784;
    private const double GQ3 = 2.246390493562516;
    private const double GQ4 = 1.1493195930590958;
    private const double GQ5 = 0.4282220399137823;
    private const double GQ6 = 0.1190417640734299;
    private const double GQ7 = 0.024815841380348997;
    private const double GQ8 = 0.0038267461463377386;
    private const double GQ9 = 0.0004194518724369784;
    private const double GQ10 = 2.9798195283029366e-05;
    private const double GQ11 = 1.0631956423093556e-06;

    // I_3 / I_1: type (7,9) on [0, 41]: relative error 3.52e-13.
    private const double CP0 = 2.000000000000704;
    private const double CP1 = 1.6524260552522123;
    private const double CP2 = 0.7192251234514235;
    private const double CP3 = 0.2030081853452313;
    private const double CP4 = 0.03952269838025189;
    private const double CP5 = 0.005290776311857904;
    private const double CP6 = 0.00045484951480575077;
    private const double CP7 = 2.000563076879903e-05;
    private const double CQ1 = 1.4528700963233208;
    private const double CQ2 = 1.0554620401083301;
    private const double CQ3 = 0.49549327350219946;
    private const double CQ4 = 0.16445576581031524;
    private const double CQ5 = 0.03994096322197932;
    private const double CQ6 = 0.007117762554279124;
    private const double CQ7 = 0.0009051361903857205;
    private const double CQ8 = 7.580824964559406e-05;
    private const double CQ9 = 3.334271809732474e-06;

    // I_5 / I_1: type (4,8) on [0, 41]: relative error 6.30e-09.
    private const double VP0 = 7.99999994963626;
    private const double VP1 = 3.7878652194289164;
    private const double VP2 = 0.9495548129776419;
    private const double VP3 = 0.13917779836398383;
    private const double VP4 = 0.01092974857501231;
    private const double VQ1 = 1.5701325509083164;
    private const double VQ2 = 1.2150325610582917;
    private const double VQ3 = 0.6019362855422337;
    private const double VQ4 = 0.2091357863467123;
    private const double VQ5 = 0.0525131762625706;
    private const double VQ6 = 0.009550073746058181;
    private const double VQ7 = 0.001159857788819254;
    private const double VQ8 = 9.108091339094938e-05;

    // I_7 / I_1: type (2,8) on [0, 41]: relative error 1.46e-06.
    private const double SP0 = 47.99993014701256;
    private const double SP1 = 15.580627538097227;
    private const double SP2 = 2.5269156812338966;
    private const double SQ1 = 1.8128130601379921;
    private const double SQ2 = 1.6169889457776716;
    private const double SQ3 = 0.920763618597043;
    private const double SQ4 = 0.3767542116751141;
    private const double SQ5 = 0.10622535231001297;
    private const double SQ6 = 0.02584566564088734;
    private const double SQ7 = 0.0030973933417202224;
    private const double SQ8 = 0.0005013103821502552;

    /// <summary>N(-z) / phi(z) for any z: decreasing from infinity to 0, sqrt(pi/2) at 0.</summary>
    public static double Value(double z)
    {
        if (z < 0.0)
        {
            // N(-z) = 1 - N(z): sqrt(2 pi) exp(z^2/2) dominates, nothing cancels. z^2 is carried with its rounding error.
            var square = z * z;
            var error = Math.FusedMultiplyAdd(z, z, -square);
            var inverseDensity = RootTwoPi * ElementaryMath.Exp(0.5 * square);
            if (double.IsPositiveInfinity(inverseDensity))
            {
                return inverseDensity;
            }

            return Math.FusedMultiplyAdd(inverseDensity, 0.5 * error, inverseDensity) - Value(-z);
        }

        return z <= HighestInRange ? InRange(new Lanes1(z)).Value : Far(z);
    }

    /// <summary>The kernel form of <see cref="Value"/>: one rational function; outside its range the result is unspecified.</summary>
    /// <param name="z">between <see cref="LowestInRange"/> and <see cref="HighestInRange"/>; below 0 the terms cancel up to 100-fold</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T InRange<T>(T z)
        where T : struct, ILanes<T>
    {
        var q = T.Fma(T.Create(MQ11), z, T.Create(MQ10));
        var p = T.Fma(T.Create(MP10), z, T.Create(MP9));
        q = T.Fma(q, z, T.Create(MQ9));
        p = T.Fma(p, z, T.Create(MP8));
        q = T.Fma(q, z, T.Create(MQ8));
        p = T.Fma(p, z, T.Create(MP7));
        q = T.Fma(q, z, T.Create(MQ7));
        p = T.Fma(p, z, T.Create(MP6));
        q = T.Fma(q, z, T.Create(MQ6));
        p = T.Fma(p, z, T.Create(MP5));
        q = T.Fma(q, z, T.Create(MQ5));
        p = T.Fma(p, z, T.Create(MP4));
        q = T.Fma(q, z, T.Create(MQ4));
        p = T.Fma(p, z, T.Create(MP3));
        q = T.Fma(q, z, T.Create(MQ3));
        p = T.Fma(p, z, T.Create(MP2));
        q = T.Fma(q, z, T.Create(MQ2));
        p = T.Fma(p, z, T.Create(MP1));
        q = T.Fma(q, z, T.Create(MQ1));
        p = T.Fma(p, z, T.Create(MP0));
        q = T.Fma(q, z, T.Create(1.0));
        return p / q;
    }

    /// <summary>Two values of <see cref="InRange"/> as fractions over one denominator: M(z1) = first / denominator, M(z2) = second / denominator.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T PairInRange<T>(T z1, T z2, out T first, out T second)
        where T : struct, ILanes<T> => ScaledPairInRange(z1, z2, out first, out second) * T.Create(1.0 / PairScale);

    /// <summary>The same short of a factor: M(z1) = <see cref="PairScale"/> first / denominator, M(z2) = <see cref="PairScale"/> second / denominator.</summary>
    /// <remarks>The polynomial steps are interleaved: the compiler keeps the order of the source, and four chains fill the multipliers.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T ScaledPairInRange<T>(T z1, T z2, out T first, out T second)
        where T : struct, ILanes<T>
    {
        var q1 = z1 + T.Create(NQ10);
        var q2 = z2 + T.Create(NQ10);
        var p1 = z1 + T.Create(NP9);
        var p2 = z2 + T.Create(NP9);
        q1 = T.Fma(q1, z1, T.Create(NQ9));
        q2 = T.Fma(q2, z2, T.Create(NQ9));
        p1 = T.Fma(p1, z1, T.Create(NP8));
        p2 = T.Fma(p2, z2, T.Create(NP8));
        q1 = T.Fma(q1, z1, T.Create(NQ8));
        q2 = T.Fma(q2, z2, T.Create(NQ8));
        p1 = T.Fma(p1, z1, T.Create(NP7));
        p2 = T.Fma(p2, z2, T.Create(NP7));
        q1 = T.Fma(q1, z1, T.Create(NQ7));
        q2 = T.Fma(q2, z2, T.Create(NQ7));
        p1 = T.Fma(p1, z1, T.Create(NP6));
        p2 = T.Fma(p2, z2, T.Create(NP6));
        q1 = T.Fma(q1, z1, T.Create(NQ6));
        q2 = T.Fma(q2, z2, T.Create(NQ6));
        p1 = T.Fma(p1, z1, T.Create(NP5));
        p2 = T.Fma(p2, z2, T.Create(NP5));
        q1 = T.Fma(q1, z1, T.Create(NQ5));
        q2 = T.Fma(q2, z2, T.Create(NQ5));
        p1 = T.Fma(p1, z1, T.Create(NP4));
        p2 = T.Fma(p2, z2, T.Create(NP4));
        q1 = T.Fma(q1, z1, T.Create(NQ4));
        q2 = T.Fma(q2, z2, T.Create(NQ4));
        p1 = T.Fma(p1, z1, T.Create(NP3));
        p2 = T.Fma(p2, z2, T.Create(NP3));
        q1 = T.Fma(q1, z1, T.Create(NQ3));
        q2 = T.Fma(q2, z2, T.Create(NQ3));
        p1 = T.Fma(p1, z1, T.Create(NP2));
        p2 = T.Fma(p2, z2, T.Create(NP2));
        q1 = T.Fma(q1, z1, T.Create(NQ2));
        q2 = T.Fma(q2, z2, T.Create(NQ2));
        p1 = T.Fma(p1, z1, T.Create(NP1));
        p2 = T.Fma(p2, z2, T.Create(NP1));
        q1 = T.Fma(q1, z1, T.Create(NQ1));
        q2 = T.Fma(q2, z2, T.Create(NQ1));
        p1 = T.Fma(p1, z1, T.Create(NP0));
        p2 = T.Fma(p2, z2, T.Create(NP0));
        q1 = T.Fma(q1, z1, T.Create(NQ0));
        q2 = T.Fma(q2, z2, T.Create(NQ0));
        first = p1 * q2;
        second = p2 * q1;
        return q1 * q2;
    }

    /// <summary>As <see cref="ScaledPairInRange"/> on half the range in fewer steps: M(z1) = <see cref="UpperPairScale"/> first / denominator, M(z2) likewise with second.</summary>
    /// <param name="z1">between 0 and <see cref="HighestInRange"/></param>
    /// <param name="z2">between 0 and <see cref="HighestInRange"/></param>
    /// <param name="first">numerator of the first</param>
    /// <param name="second">numerator of the second</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T UpperPair<T>(T z1, T z2, out T first, out T second)
        where T : struct, ILanes<T>
    {
        var q1 = z1 + T.Create(HQ9);
        var q2 = z2 + T.Create(HQ9);
        var p1 = z1 + T.Create(HP8);
        var p2 = z2 + T.Create(HP8);
        q1 = T.Fma(q1, z1, T.Create(HQ8));
        q2 = T.Fma(q2, z2, T.Create(HQ8));
        p1 = T.Fma(p1, z1, T.Create(HP7));
        p2 = T.Fma(p2, z2, T.Create(HP7));
        q1 = T.Fma(q1, z1, T.Create(HQ7));
        q2 = T.Fma(q2, z2, T.Create(HQ7));
        p1 = T.Fma(p1, z1, T.Create(HP6));
        p2 = T.Fma(p2, z2, T.Create(HP6));
        q1 = T.Fma(q1, z1, T.Create(HQ6));
        q2 = T.Fma(q2, z2, T.Create(HQ6));
        p1 = T.Fma(p1, z1, T.Create(HP5));
        p2 = T.Fma(p2, z2, T.Create(HP5));
        q1 = T.Fma(q1, z1, T.Create(HQ5));
        q2 = T.Fma(q2, z2, T.Create(HQ5));
        p1 = T.Fma(p1, z1, T.Create(HP4));
        p2 = T.Fma(p2, z2, T.Create(HP4));
        q1 = T.Fma(q1, z1, T.Create(HQ4));
        q2 = T.Fma(q2, z2, T.Create(HQ4));
        p1 = T.Fma(p1, z1, T.Create(HP3));
        p2 = T.Fma(p2, z2, T.Create(HP3));
        q1 = T.Fma(q1, z1, T.Create(HQ3));
        q2 = T.Fma(q2, z2, T.Create(HQ3));
        p1 = T.Fma(p1, z1, T.Create(HP2));
        p2 = T.Fma(p2, z2, T.Create(HP2));
        q1 = T.Fma(q1, z1, T.Create(HQ2));
        q2 = T.Fma(q2, z2, T.Create(HQ2));
        p1 = T.Fma(p1, z1, T.Create(HP1));
        p2 = T.Fma(p2, z2, T.Create(HP1));
        q1 = T.Fma(q1, z1, T.Create(HQ1));
        q2 = T.Fma(q2, z2, T.Create(HQ1));
        p1 = T.Fma(p1, z1, T.Create(HP0));
        p2 = T.Fma(p2, z2, T.Create(HP0));
        q1 = T.Fma(q1, z1, T.Create(HQ0));
        q2 = T.Fma(q2, z2, T.Create(HQ0));
        first = p1 * q2;
        second = p2 * q1;
        return q1 * q2;
    }

    /// <summary>I_1(z) = 1 - z M(z) = -M'(z), without the cancellation of that formula.</summary>
    /// <param name="z">at least 0</param>
    public static double FirstMoment(double z)
    {
        if (z > HighestInRange)
        {
            return FarRatio(z) * Far(z);
        }

        var p = Math.FusedMultiplyAdd(GP9, z, GP8);
        p = Math.FusedMultiplyAdd(p, z, GP7);
        p = Math.FusedMultiplyAdd(p, z, GP6);
        p = Math.FusedMultiplyAdd(p, z, GP5);
        p = Math.FusedMultiplyAdd(p, z, GP4);
        p = Math.FusedMultiplyAdd(p, z, GP3);
        p = Math.FusedMultiplyAdd(p, z, GP2);
        p = Math.FusedMultiplyAdd(p, z, GP1);
        p = Math.FusedMultiplyAdd(p, z, GP0);
        var q = Math.FusedMultiplyAdd(GQ11, z, GQ10);
        q = Math.FusedMultiplyAdd(q, z, GQ9);
        q = Math.FusedMultiplyAdd(q, z, GQ8);
        q = Math.FusedMultiplyAdd(q, z, GQ7);
        q = Math.FusedMultiplyAdd(q, z, GQ6);
        q = Math.FusedMultiplyAdd(q, z, GQ5);
        q = Math.FusedMultiplyAdd(q, z, GQ4);
        q = Math.FusedMultiplyAdd(q, z, GQ3);
        q = Math.FusedMultiplyAdd(q, z, GQ2);
        q = Math.FusedMultiplyAdd(q, z, GQ1);
        q = Math.FusedMultiplyAdd(q, z, 1.0);
        return p / q;
    }

    /// <summary>Up to this t the difference M(h - t) - M(h + t) is summed as a series; beyond it the subtraction loses fewer than 6 bits.</summary>
    public static double SmallStep(double h) => 0.0125 * double.MaxNative(1.0, h);

    /// <summary>M(h - t) - M(h + t) with full relative accuracy, however small t is.</summary>
    /// <param name="h">at least 0</param>
    /// <param name="t">at least 0</param>
    public static double Difference(double h, double t)
    {
        if (t > SmallStep(h))
        {
            return Value(h - t) - Value(h + t);
        }

        // 2 integral sinh(t u) exp(-h u - u^2/2) = 2 (t I_1 + t^3/6 I_3 + t^5/120 I_5 + t^7/5040 I_7 + ...), all terms positive.
        var square = t * t;
        double ratio;
        if (h > HighestInRange)
        {
            // I_(j+2) / I_j = r_(j+1) r_(j+2) where r_j = I_j / I_(j-1); in the far tail r_j = j / h to the accuracy these small terms need
            var r8 = 8.0 / (h + (9.0 / h));
            var r7 = 7.0 / (h + r8);
            var r6 = 6.0 / (h + r7);
            var r5 = 5.0 / (h + r6);
            var r4 = 4.0 / (h + r5);
            var r3 = 3.0 / (h + r4);
            var r2 = 2.0 / (h + r3);
            var three = r2 * r3;
            var five = three * r4 * r5;
            ratio = square * ((three / 6.0) + (square * ((five / 120.0) + (square * (five * r6 * r7 / 5040.0)))));
        }
        else
        {
            ratio = square * Math.FusedMultiplyAdd(square, Math.FusedMultiplyAdd(square, SeventhOverFirst(h) / 5040.0, FifthOverFirst(h) / 120.0), ThirdOverFirst(h) / 6.0);
        }

        var leading = 2.0 * t * FirstMoment(h);
        return Math.FusedMultiplyAdd(leading, ratio, leading);
    }

    private static double ThirdOverFirst(double z)
    {
        var p = Math.FusedMultiplyAdd(CP7, z, CP6);
        p = Math.FusedMultiplyAdd(p, z, CP5);
        p = Math.FusedMultiplyAdd(p, z, CP4);
        p = Math.FusedMultiplyAdd(p, z, CP3);
        p = Math.FusedMultiplyAdd(p, z, CP2);
        p = Math.FusedMultiplyAdd(p, z, CP1);
        p = Math.FusedMultiplyAdd(p, z, CP0);
        var q = Math.FusedMultiplyAdd(CQ9, z, CQ8);
        q = Math.FusedMultiplyAdd(q, z, CQ7);
        q = Math.FusedMultiplyAdd(q, z, CQ6);
        q = Math.FusedMultiplyAdd(q, z, CQ5);
        q = Math.FusedMultiplyAdd(q, z, CQ4);
        q = Math.FusedMultiplyAdd(q, z, CQ3);
        q = Math.FusedMultiplyAdd(q, z, CQ2);
        q = Math.FusedMultiplyAdd(q, z, CQ1);
        q = Math.FusedMultiplyAdd(q, z, 1.0);
        return p / q;
    }

    private static double FifthOverFirst(double z)
    {
        var p = Math.FusedMultiplyAdd(VP4, z, VP3);
        p = Math.FusedMultiplyAdd(p, z, VP2);
        p = Math.FusedMultiplyAdd(p, z, VP1);
        p = Math.FusedMultiplyAdd(p, z, VP0);
        var q = Math.FusedMultiplyAdd(VQ8, z, VQ7);
        q = Math.FusedMultiplyAdd(q, z, VQ6);
        q = Math.FusedMultiplyAdd(q, z, VQ5);
        q = Math.FusedMultiplyAdd(q, z, VQ4);
        q = Math.FusedMultiplyAdd(q, z, VQ3);
        q = Math.FusedMultiplyAdd(q, z, VQ2);
        q = Math.FusedMultiplyAdd(q, z, VQ1);
        q = Math.FusedMultiplyAdd(q, z, 1.0);
        return p / q;
    }

    private static double SeventhOverFirst(double z)
    {
        var p = Math.FusedMultiplyAdd(SP2, z, SP1);
        p = Math.FusedMultiplyAdd(p, z, SP0);
        var q = Math.FusedMultiplyAdd(SQ8, z, SQ7);
        q = Math.FusedMultiplyAdd(q, z, SQ6);
        q = Math.FusedMultiplyAdd(q, z, SQ5);
        q = Math.FusedMultiplyAdd(q, z, SQ4);
        q = Math.FusedMultiplyAdd(q, z, SQ3);
        q = Math.FusedMultiplyAdd(q, z, SQ2);
        q = Math.FusedMultiplyAdd(q, z, SQ1);
        q = Math.FusedMultiplyAdd(q, z, 1.0);
        return p / q;
    }

    /// <summary>M beyond 41 by its continued fraction (Laplace): I_1 / I_0 = 1 / (z + 2 / (z + 3 / ...)).</summary>
    private static double Far(double z) => 1.0 / (z + FarRatio(z));

    private static double FarRatio(double z)
    {
        var r = 8.0 / z;
        for (var j = 7; j >= 1; j--)
        {
            r = j / (z + r);
        }

        return r;
    }
}
