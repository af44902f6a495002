package org.rlr.model.eval;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/** The metrics by their definitions, over every threshold and every pair, without any optimisation. */
final class NaiveMetrics {
    private NaiveMetrics() {}

    static double auroc(double[] scores, boolean[] labels) {
        double wins = 0;
        int pairs = 0;
        for (int i = 0; i < scores.length; i++) {
            for (int j = 0; j < scores.length; j++) {
                if (labels[i] && !labels[j]) {
                    wins += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0;
                    pairs++;
                }
            }
        }
        return wins / pairs;
    }

    static double averagePrecision(double[] scores, boolean[] labels) {
        double sum = 0;
        double recall = 0;
        for (double threshold : descending(scores)) {
            double[] counts = counts(scores, labels, threshold);
            double nextRecall = counts[0] / (counts[0] + counts[2]);
            sum += (nextRecall - recall) * counts[0] / (counts[0] + counts[1]);
            recall = nextRecall;
        }
        return sum;
    }

    /** Returns the greatest F1 and the highest threshold with it. */
    static double[] bestF1(double[] scores, boolean[] labels) {
        double[] best = {-1, 0};
        for (double threshold : descending(scores)) {
            double[] counts = counts(scores, labels, threshold);
            double f1 = 2 * counts[0] / (2 * counts[0] + counts[1] + counts[2]);
            if (f1 > best[0]) {
                best = new double[] {f1, threshold};
            }
        }
        return best;
    }

    private static Iterable<Double> descending(double[] scores) {
        TreeSet<Double> distinct = new TreeSet<>();
        for (double score : scores) {
            distinct.add(score);
        }
        return distinct.descendingSet();
    }

    /** Returns true positives, false positives and false negatives. */
    private static double[] counts(double[] scores, boolean[] labels, double threshold) {
        double[] counts = new double[3];
        for (int i = 0; i < scores.length; i++) {
            boolean called = scores[i] >= threshold;
            if (called && labels[i]) {
                counts[0]++;
            } else if (called) {
                counts[1]++;
            } else if (labels[i]) {
                counts[2]++;
            }
        }
        return counts;
    }

    /** Returns the regions of all masks as lists of pixel indices into the pool, joined by repeated relabelling. */
    static List<List<Integer>> regions(boolean[][] masks, int height, int width) {
        List<List<Integer>> regions = new ArrayList<>();
        for (int image = 0; image < masks.length; image++) {
            int[] label = new int[height * width];
            for (int i = 0; i < label.length; i++) {
                label[i] = i;
            }
            for (boolean changed = true; changed; ) {
                changed = false;
                for (int i = 0; i < label.length; i++) {
                    for (int j = 0; j < label.length; j++) {
                        boolean near = Math.abs(i / width - j / width) <= 1 && Math.abs(i % width - j % width) <= 1;
                        if (near && masks[image][i] && masks[image][j] && label[j] < label[i]) {
                            label[i] = label[j];
                            changed = true;
                        }
                    }
                }
            }
            for (int root = 0; root < label.length; root++) {
                List<Integer> pixels = new ArrayList<>();
                for (int i = 0; i < label.length; i++) {
                    if (masks[image][i] && label[i] == root) {
                        pixels.add(image * height * width + i);
                    }
                }
                if (!pixels.isEmpty()) {
                    regions.add(pixels);
                }
            }
        }
        return regions;
    }

    static double aupro(double[] pool, boolean[] labels, List<List<Integer>> regions, double limit) {
        List<double[]> curve = new ArrayList<>();
        curve.add(new double[] {0, 0});
        for (double threshold : descending(pool)) {
            curve.add(point(pool, labels, regions, threshold, true));
        }
        double area = 0;
        for (int i = 1; i < curve.size(); i++) {
            double[] a = curve.get(i - 1);
            double[] b = curve.get(i);
            if (a[0] >= limit) {
                break;
            }
            double end = Math.min(b[0], limit);
            double height = b[0] == a[0] ? b[1] : a[1] + (b[1] - a[1]) * (end - a[0]) / (b[0] - a[0]);
            area += (end - a[0]) * (a[1] + height) / 2;
        }
        return area / limit;
    }

    static double auproSampled(
            double[] pool, boolean[] labels, List<List<Integer>> regions, double limit, int thresholds) {
        double least = Double.POSITIVE_INFINITY;
        double greatest = Double.NEGATIVE_INFINITY;
        for (double score : pool) {
            least = Math.min(least, score);
            greatest = Math.max(greatest, score);
        }
        List<double[]> kept = new ArrayList<>();
        for (int i = 0; i < thresholds; i++) {
            double[] point = point(pool, labels, regions, least + i * ((greatest - least) / thresholds), false);
            if (point[0] <= limit) {
                kept.add(point);
            }
        }
        if (kept.isEmpty()) {
            return Double.NaN;
        }
        double high = kept.get(0)[0];
        double low = kept.get(kept.size() - 1)[0];
        double area = 0;
        for (int i = 1; i < kept.size(); i++) {
            double[] a = kept.get(i - 1);
            double[] b = kept.get(i);
            area += ((a[0] - low) / (high - low) - (b[0] - low) / (high - low)) * (a[1] + b[1]) / 2;
        }
        return high == low ? Double.NaN : area;
    }

    /** Returns the false-positive rate and the mean overlap. */
    private static double[] point(
            double[] pool, boolean[] labels, List<List<Integer>> regions, double threshold, boolean orEqual) {
        double falsePositives = 0;
        double normal = 0;
        for (int i = 0; i < pool.length; i++) {
            if (!labels[i]) {
                normal++;
                falsePositives += pool[i] > threshold || orEqual && pool[i] == threshold ? 1 : 0;
            }
        }
        double overlap = 0;
        for (List<Integer> region : regions) {
            double found = 0;
            for (int i : region) {
                found += pool[i] > threshold || orEqual && pool[i] == threshold ? 1 : 0;
            }
            overlap += found / region.size();
        }
        return new double[] {falsePositives / normal, overlap / regions.size()};
    }
}
