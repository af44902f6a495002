package org.rlr.model.backbone.scattering;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FftTest {
    @ParameterizedTest
    @ValueSource(
            ints = {
                1, 2, 3, 4, 5, 6, 8, 9, 10, 12, 15, 16, 18, 20, 24, 25, 27, 30, 32, 36, 45, 60, 72, 75, 100, 125, 144,
                288
            })
    void equalsTheNaiveTransformInDoublePrecision(int length) {
        for (int columns : new int[] {1, 3, 8, 17}) {
            Planes x = random(length, columns, 100 * length + columns);
            double[][][] expected = naive(x, columns);
            Planes result = new Fft(length)
                    .forward(copy(x), poisoned(length, columns), poisoned(Fft.BUTTERFLY_ROWS, columns), columns);
            double tolerance = 3e-7 * Math.sqrt(length) * (1 + Math.log(length));
            for (int k = 0; k < length; k++) {
                for (int c = 0; c < columns; c++) {
                    assertEquals(
                            expected[0][k][c], result.re()[k][c], tolerance, "real part, k = " + k + ", column " + c);
                    assertEquals(
                            expected[1][k][c],
                            result.im()[k][c],
                            tolerance,
                            "imaginary part, k = " + k + ", column " + c);
                }
            }
        }
    }

    @Test
    void refusesLengthsWithOtherPrimeFactors() {
        for (int length : new int[] {0, -4, 7, 14, 22, 304}) {
            assertThrows(IllegalArgumentException.class, () -> new Fft(length));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void twoDimensionalTransformsOfABatchEqualTheNaiveOnes(int batch) {
        int height = 12;
        int width = 20;
        Planes x = new Planes(width, batch * width);
        Planes source = random(height, batch * width, batch);
        for (int r = 0; r < height; r++) {
            System.arraycopy(source.re()[r], 0, x.re()[r], 0, batch * width);
            System.arraycopy(source.im()[r], 0, x.im()[r], 0, batch * width);
        }
        Planes result = new Fft2(height, width)
                .forward(x, poisoned(width, batch * width), poisoned(Fft.BUTTERFLY_ROWS, batch * width), batch);
        for (int b = 0; b < batch; b++) {
            for (int kx = 0; kx < width; kx++) {
                for (int ky = 0; ky < height; ky++) {
                    double re = 0;
                    double im = 0;
                    for (int r = 0; r < height; r++) {
                        for (int c = 0; c < width; c++) {
                            double angle = -2 * Math.PI * ((double) ky * r / height + (double) kx * c / width);
                            float xr = source.re()[r][b * width + c];
                            float xi = source.im()[r][b * width + c];
                            re += xr * Math.cos(angle) - xi * Math.sin(angle);
                            im += xr * Math.sin(angle) + xi * Math.cos(angle);
                        }
                    }
                    assertEquals(re, result.re()[kx][b * height + ky], 2e-5);
                    assertEquals(im, result.im()[kx][b * height + ky], 2e-5);
                }
            }
        }
    }

    @Test
    void theInverseRestoresTheImagesTimesTheirSize() {
        int height = 30;
        int width = 16;
        int batch = 2;
        Planes x = random(height, batch * height, 5);
        Planes original = copy(x);
        Fft2 fft = new Fft2(height, width);
        Planes scratch = poisoned(height, batch * height);
        Planes rows = poisoned(Fft.BUTTERFLY_ROWS, batch * height);
        Planes spectrum = fft.forward(x, scratch, rows, batch);
        Planes other = spectrum == x ? scratch : x;
        Planes back = fft.inverse(spectrum, other, rows, batch);
        for (int r = 0; r < height; r++) {
            for (int c = 0; c < batch * width; c++) {
                assertEquals(original.re()[r][c], back.re()[r][c] / fft.size(), 1e-6);
                assertEquals(original.im()[r][c], back.im()[r][c] / fft.size(), 1e-6);
            }
        }
    }

    private static double[][][] naive(Planes x, int columns) {
        int n = x.re().length;
        double[][][] y = new double[2][n][columns];
        for (int k = 0; k < n; k++) {
            for (int t = 0; t < n; t++) {
                double angle = -2 * Math.PI * ((long) k * t % n) / n;
                for (int c = 0; c < columns; c++) {
                    y[0][k][c] += x.re()[t][c] * Math.cos(angle) - x.im()[t][c] * Math.sin(angle);
                    y[1][k][c] += x.re()[t][c] * Math.sin(angle) + x.im()[t][c] * Math.cos(angle);
                }
            }
        }
        return y;
    }

    private static Planes random(int rows, int columns, long seed) {
        Random random = new Random(seed);
        Planes x = new Planes(rows, columns);
        for (int r = 0; r < rows; r++) {
            for (int c = 0; c < columns; c++) {
                x.re()[r][c] = random.nextFloat() * 2 - 1;
                x.im()[r][c] = random.nextFloat() * 2 - 1;
            }
        }
        return x;
    }

    private static Planes copy(Planes x) {
        Planes y = new Planes(x.re().length, x.re()[0].length);
        for (int r = 0; r < x.re().length; r++) {
            y.re()[r] = x.re()[r].clone();
            y.im()[r] = x.im()[r].clone();
        }
        return y;
    }

    private static Planes poisoned(int rows, int columns) {
        Planes x = new Planes(rows, columns);
        for (int r = 0; r < rows; r++) {
            Arrays.fill(x.re()[r], Float.NaN);
            Arrays.fill(x.im()[r], Float.NaN);
        }
        return x;
    }
}
