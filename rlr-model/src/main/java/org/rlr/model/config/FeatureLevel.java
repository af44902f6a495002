package org.rlr.model.config;

import java.util.List;
import java.util.stream.Collectors;
import org.rlr.tensor.InvalidSettingException;

/**
 * A feature map of a backbone (RLR §2).
 *
 * @param level the number by which users choose it
 * @param channels channels of the map
 * @param stride input pixels per position of the map, along both axes
 */
public record FeatureLevel(int level, int channels, int stride) {
    /**
     * Checks the ranges.
     *
     * @throws IllegalArgumentException if the level is negative, or channels or stride are below 1
     */
    public FeatureLevel {
        if (level < 0 || channels < 1 || stride < 1) {
            throw new IllegalArgumentException(
                    "level " + level + " of " + channels + " channels and stride " + stride + " is impossible");
        }
    }

    /**
     * Returns one of a backbone's levels.
     *
     * @param backbone the backbone's name
     * @param levels all its levels
     * @param wanted number of the level
     * @return the level with that number
     * @throws InvalidSettingException if there is none, listing the existing ones
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
                "choose `levels` from " + all);
    }

    /**
     * Returns how often the model width at stride 4 doubles for this level: {@code round(log2 stride) − 2} (RLR §4).
     *
     * @return a negative number if it is halved
     */
    public int widthDoublings() {
        return (int) Math.round(Math.log(stride) / Math.log(2)) - 2;
    }
}
