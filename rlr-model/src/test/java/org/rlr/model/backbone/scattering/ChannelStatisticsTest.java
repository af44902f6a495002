package org.rlr.model.backbone.scattering;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Random;
import org.junit.jupiter.api.Test;

class ChannelStatisticsTest {
    @Test
    void meanAndDeviationOfManyImagesAreThoseOfAllTheirTokens() {
        // a large offset, with which a sum of squares in one pass would lose all digits
        Random random = new Random(1);
        int channels = 5;
        float[] all = new float[1000 * channels];
        for (int i = 0; i < all.length; i++) {
            all[i] = (float) (1e4 * (i % channels) + random.nextGaussian());
        }
        ChannelStatistics statistics = new ChannelStatistics(channels);
        int from = 0;
        for (int tokens : new int[] {1, 99, 0, 400, 500}) {
            float[] image = new float[tokens * channels];
            System.arraycopy(all, from, image, 0, image.length);
            statistics.add(image);
            from += image.length;
        }
        assertEquals(1000, statistics.count());
        for (int c = 0; c < channels; c++) {
            double mean = 0;
            for (int i = c; i < all.length; i += channels) {
                mean += all[i] / 1000.0;
            }
            double variance = 0;
            for (int i = c; i < all.length; i += channels) {
                variance += (all[i] - mean) * (all[i] - mean) / 1000.0;
            }
            assertEquals((float) mean, statistics.mean()[c], Math.ulp((float) mean));
            assertEquals(Math.sqrt(variance), statistics.standardDeviation(0)[c], 1e-6);
        }
    }

    @Test
    void standardisingGivesMeanZeroAndDeviationOneButLeavesConstantChannelsSmall() {
        Random random = new Random(2);
        float[] tokens = new float[400 * 2];
        for (int i = 0; i < tokens.length; i += 2) {
            tokens[i] = (float) (3 + 5 * random.nextGaussian());
            tokens[i + 1] = 7;
        }
        ChannelStatistics before = new ChannelStatistics(2);
        before.add(tokens);
        assertEquals(0.01f, before.standardDeviation(0.01f)[1]);
        ChannelStatistics.standardise(tokens, before.mean(), before.standardDeviation(0.01f));
        ChannelStatistics after = new ChannelStatistics(2);
        after.add(tokens);
        assertArrayEquals(new float[] {0, 0}, after.mean(), 1e-6f);
        assertArrayEquals(new float[] {1, 0}, after.standardDeviation(0), 1e-6f);
    }

    @Test
    void wrongInputIsRefused() {
        ChannelStatistics statistics = new ChannelStatistics(3);
        assertThrows(IllegalStateException.class, statistics::mean);
        assertThrows(IllegalStateException.class, () -> statistics.standardDeviation(1));
        assertThrows(IllegalArgumentException.class, () -> statistics.add(new float[4]));
        assertThrows(IllegalArgumentException.class, () -> statistics.add(new float[] {1, Float.NaN, 2}));
        assertThrows(IllegalArgumentException.class, () -> statistics.merge(new ChannelStatistics(2)));
        assertThrows(
                IllegalArgumentException.class,
                () -> ChannelStatistics.standardise(new float[4], new float[3], new float[3]));
        assertEquals(0, statistics.count());
    }
}
