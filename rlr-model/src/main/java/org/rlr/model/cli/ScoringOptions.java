package org.rlr.model.cli;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.rlr.model.config.RlrConfig;
import org.rlr.model.config.Scoring;
import org.rlr.tensor.RlrException;
import picocli.CommandLine.Option;

/** Options for computing maps and image scores from the levels' scores. */
final class ScoringOptions {
    private static final Pattern LEVEL = Pattern.compile("(\\d{1,2})(?:=(\\d*\\.?\\d+(?:[eE][-+]?\\d{1,3})?))?");

    @Option(
            names = "--score-levels",
            paramLabel = "LEVEL[=W],…",
            description = "Levels whose maps are averaged to the anomaly map, with weights W (1 if omitted), as in "
                    + "2,3 or 2=1,3=0.5 (default: the model's).")
    private List<String> levels = List.of();

    @Option(
            names = "--smoothing",
            paramLabel = "SIGMA",
            split = ",",
            description = "Standard deviation in pixels of the Gaussian filter applied to the map before its "
                    + "maximum, the image score, is taken; 0 for none (default: the model's).")
    private List<Double> smoothing = List.of();

    /**
     * Returns the chosen scoring.
     *
     * @param base scoring that the options override; null for the published scoring
     * @param config configuration of the model
     * @throws RlrException if several are given, or the model lacks a level
     */
    Scoring one(@Nullable Scoring base, RlrConfig config) {
        if (levels.size() > 1 || smoothing.size() > 1) {
            throw new RlrException(
                    (levels.size() > 1 ? "--score-levels " + String.join(" and ", levels) : "--smoothing " + smoothing)
                            + " are several scorings, but a model has one",
                    "compare them with 'rlr evaluate' and choose one");
        }
        return all(base, config).get(0);
    }

    /**
     * Returns all chosen scorings, each choice of levels with each smoothing. @throws RlrException if one is given
     * twice, or the model lacks a level
     */
    List<Scoring> all(@Nullable Scoring base, RlrConfig config) {
        Scoring other = base == null ? Scoring.published(config) : base;
        List<Scoring> choices = new ArrayList<>();
        levels.forEach(text -> choices.add(parse(text, other.smoothing())));
        if (choices.isEmpty()) {
            choices.add(other);
        }
        Set<Scoring> all = new LinkedHashSet<>();
        for (Scoring choice : choices) {
            for (double sigma : smoothing.isEmpty() ? List.of(other.smoothing()) : smoothing) {
                Scoring scoring = new Scoring(choice.levels(), choice.weights(), sigma).requireLevelsOf(config);
                if (!all.add(scoring)) {
                    throw new RlrException(
                            "--score-levels " + scoring.levelText() + " with --smoothing " + Scoring.number(sigma)
                                    + " is given twice",
                            "give each once");
                }
            }
        }
        return List.copyOf(all);
    }

    private static Scoring parse(String text, double smoothing) {
        List<Integer> numbers = new ArrayList<>();
        List<Double> weights = new ArrayList<>();
        for (String part : text.split(",", -1)) {
            Matcher level = LEVEL.matcher(part.trim());
            if (!level.matches()) {
                throw new RlrException(
                        "--score-levels '" + text + "': '" + part + "' is not a level, or a level and its weight",
                        "give them as in 2,3 or 2=1,3=0.5");
            }
            numbers.add(Integer.valueOf(level.group(1)));
            weights.add(level.group(2) == null ? 1.0 : Double.parseDouble(level.group(2)));
        }
        return new Scoring(numbers, weights, smoothing);
    }
}
