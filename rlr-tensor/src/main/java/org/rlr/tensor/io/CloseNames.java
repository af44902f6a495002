package org.rlr.tensor.io;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/** Suggests known names for an unknown name. */
public final class CloseNames {
    /** Longer names are compared by their last characters, as tensor names differ there. */
    private static final int COMPARED = 200;

    private CloseNames() {}

    /**
     * Returns at most {@code limit} names by edit distance to {@code wanted}, nearest first; only names that differ in
     * less than half of the longer name or share its ending.
     *
     * @param wanted the unknown name
     * @param names the known names
     * @param limit the maximum number of names
     * @return the close names; may be empty
     */
    public static List<String> of(String wanted, Collection<String> names, int limit) {
        record Candidate(String name, int distance) {}
        String target = end(wanted);
        return names.stream()
                .map(name -> new Candidate(name, distance(target, end(name))))
                .filter(c ->
                        c.distance * 2 < Math.max(target.length(), end(c.name).length())
                                || c.name.endsWith("." + wanted)
                                || wanted.endsWith("." + c.name))
                .sorted(Comparator.comparingInt(Candidate::distance).thenComparing(Candidate::name))
                .limit(limit)
                .map(Candidate::name)
                .toList();
    }

    private static String end(String name) {
        return name.length() <= COMPARED ? name : name.substring(name.length() - COMPARED);
    }

    /** Returns the Levenshtein distance. */
    private static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int substituted = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(substituted, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[b.length()];
    }
}
