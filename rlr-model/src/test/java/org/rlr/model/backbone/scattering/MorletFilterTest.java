package org.rlr.model.backbone.scattering;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class MorletFilterTest {
    @Test
    void responseIsTheTransformOfTheWaveletEvaluatedInSpace() {
        int height = 24;
        int width = 18;
        for (int scale = 0; scale < 2; scale++) {
            for (double angle : new double[] {0, Math.PI / 8, Math.PI / 2, 2.5}) {
                double[][][] psi = NaiveScattering.morlet(height, width, scale, angle, 0.5);
                double[][] response = MorletFilter.response(height, width, scale, angle, 0.5);
                for (int kx = 0; kx < width; kx++) {
                    for (int ky = 0; ky < height; ky++) {
                        double re = 0;
                        double im = 0;
                        for (int y = 0; y < height; y++) {
                            for (int x = 0; x < width; x++) {
                                double a = -2 * Math.PI * ((double) ky * y / height + (double) kx * x / width);
                                re += psi[0][y][x] * Math.cos(a) - psi[1][y][x] * Math.sin(a);
                                im += psi[0][y][x] * Math.sin(a) + psi[1][y][x] * Math.cos(a);
                            }
                        }
                        assertEquals(re, response[kx][ky], 1e-9);
                        assertEquals(0, im, 1e-9, "the transform is real");
                    }
                }
            }
        }
    }

    @Test
    void waveletsHaveNoMean() {
        for (int scale = 0; scale < 5; scale++) {
            for (int o = 0; o < 8; o++) {
                assertEquals(0, MorletFilter.response(60, 80, scale, Math.PI * o / 8, 0.5)[0][0], 1e-15);
            }
        }
    }

    @Test
    void theFilterBankNeitherAmplifiesNorLosesFrequencies() {
        int size = 80;
        int scales = 4;
        double[][] sum = new double[size][size];
        double sigma = 0.8 * (1 << (scales - 1));
        for (int kx = 0; kx < size; kx++) {
            for (int ky = 0; ky < size; ky++) {
                double x = 2 * Math.PI * (kx < size / 2 ? kx : kx - size) / size;
                double y = 2 * Math.PI * (ky < size / 2 ? ky : ky - size) / size;
                sum[kx][ky] = Math.exp(-sigma * sigma * (x * x + y * y));
            }
        }
        for (int scale = 0; scale < scales; scale++) {
            for (int o = 0; o < 8; o++) {
                double[][] psi = MorletFilter.response(size, size, scale, Math.PI * o / 8, 0.5);
                for (int kx = 0; kx < size; kx++) {
                    for (int ky = 0; ky < size; ky++) {
                        double mirrored = psi[(size - kx) % size][(size - ky) % size];
                        sum[kx][ky] += (psi[kx][ky] * psi[kx][ky] + mirrored * mirrored) / 2;
                    }
                }
            }
        }
        double least = Double.MAX_VALUE;
        double greatest = 0;
        for (int kx = 0; kx < size; kx++) {
            for (int ky = 0; ky < size; ky++) {
                greatest = Math.max(greatest, sum[kx][ky]);
                int fx = Math.min(kx, size - kx);
                int fy = Math.min(ky, size - ky);
                // the disc of frequencies that the finest wavelets, which are round, must cover
                if (fx * fx + fy * fy < size * size * 0.2) {
                    least = Math.min(least, sum[kx][ky]);
                }
            }
        }
        assertTrue(greatest < 1.06, "greatest Littlewood-Paley sum " + greatest);
        assertTrue(least > 0.2, "least Littlewood-Paley sum " + least);
    }
}
