package org.rlr.model.config;

import java.util.List;
import java.util.stream.Collectors;
import org.rlr.tensor.InvalidSettingException;

/**
 * A feature map that a backbone gives (RLR §2).
 *
 * @param level the number by which users choose it
 * @param channels channels of the map
 * @param stride pixels of the input per position of the map, along both axes
 */
public record FeatureLevel(int level, int channels, int stride) {
    /**
     * Checks the ranges.
     *
     * @throws IllegalArgumentException if the level is below 0, or there is no channel or no pixel
     */
    public FeatureLevel {
        if (level < 0 || channels < 1 || stride < 1) {
            throw new IllegalArgumentException(
                    "level " + level + " of " + channels + " channels and stride " + stride + " is impossible");
        }
    }

    /**
     * One of a backbone's levels.
     *
     * @param backbone the backbone's name
     * @param levels all its levels
     * @param wanted the number of one
     * @return the level of that number
     * @throws InvalidSettingException if there is none, naming those that there are
     */
    public static FeatureLevel of(String backbone, List<FeatureLevel> levels, int wanted) {
        for (FeatureLevel each : levels) {
            if (each.level == wanted) {
                return each;
            }
        }
        String all = levels.stream().map(each -> Integer.toString(each.level)).collect(Collectors.joining(", "));
        throw new InvalidSettingException(
                "levels",
                wanted,
                all,
                "backbone '" + backbone + "' has no level " + wanted,
                "choose `levels` among " + all);
    }

    /**
     * How often the model width of stride 4 is doubled for this level: {@code round(log2 stride) − 2} (RLR §4).
     *
     * @return below 0 where it is halved
     */
    public int widthDoublings() {
        return (int) Math.round(Math.log(stride) / Math.log(2)) - 2;
    }
}
