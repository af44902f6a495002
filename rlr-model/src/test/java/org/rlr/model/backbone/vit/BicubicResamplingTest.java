package org.rlr.model.backbone.vit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import org.junit.jupiter.api.Test;

/**
 * Values of PyTorch 2.15, {@code interpolate(x, size, mode="bicubic", antialias=True)} in double. The golden features
 * of Vision Transformers on oblong images also check it against timm's position codes.
 */
class BicubicResamplingTest {
    private static final int HEIGHT = 5;
    private static final int WIDTH = 4;

    @Test
    void rowsShrinkAndColumnsGrow() {
        float[] expected = {
            0.927108f, 2.028263f, 4.1737083f, 6.625f, 7.98136f, 5.9295566f, 4.5781435f, //
            1.9526722f, 4.2558226f, 7.9491627f, 6.7718023f, 4.5752307f, 4.3615847f, 4.3817755f, //
            4.3377959f, 5.1270947f, 6.2482737f, 4.6538462f, 3.0594186f, 4.1805976f, 4.9698964f
        };
        check(expected, 3, 7);
    }

    @Test
    void rowsGrowAndColumnsShrink() {
        float[] expected = {
            0.7884562f, 8.130942f, 5.7659149f, //
            1.8361774f, 6.3794216f, 5.8979341f, //
            3.2440107f, 4.5362089f, 5.7267052f, //
            2.995856f, 7.0277517f, 4.1041226f, //
            4.1079543f, 7.5378815f, 3.7082838f, //
            6.3351034f, 5.6354061f, 4.5852794f, //
            5.1063111f, 4.471999f, 4.2936348f, //
            3.8280966f, 3.8920664f, 3.9560362f
        };
        check(expected, 8, 3);
    }

    @Test
    void bothShrink() {
        check(new float[] {3.9571968f, 5.93218f, 5.3077057f, 4.4602527f}, 2, 2);
    }

    @Test
    void theSameSizeIsACopy() {
        float[] grid = grid(2);
        assertArrayEquals(grid, BicubicResampling.resample(grid, HEIGHT, WIDTH, 2, HEIGHT, WIDTH));
    }

    /** The second channel is three times the first. */
    private static void check(float[] expected, int height, int width) {
        float[] both = new float[2 * expected.length];
        for (int i = 0; i < expected.length; i++) {
            both[2 * i] = expected[i];
            both[2 * i + 1] = 3 * expected[i];
        }
        assertArrayEquals(both, BicubicResampling.resample(grid(2), HEIGHT, WIDTH, 2, height, width), 5e-6f);
    }

    private static float[] grid(int channels) {
        float[] grid = new float[HEIGHT * WIDTH * channels];
        for (int i = 0; i < HEIGHT; i++) {
            for (int j = 0; j < WIDTH; j++) {
                int value = (3 * i * i + 5 * j + 7 * i * j) % 11;
                grid[(i * WIDTH + j) * channels] = value;
                grid[(i * WIDTH + j) * channels + 1] = 3 * value;
            }
        }
        return grid;
    }
}
