package org.rlr.model.train;

import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** Describes the differences between two trainings by the names of the records' components. */
final class Differences {
    private Differences() {}

    /**
     * Returns the values that differ between two records of one type, including nested records, for example "lr 0.1
     * then, 0.2 now; …"; empty if none does.
     */
    static String of(Record then, Record now) {
        List<String> differences = new ArrayList<>();
        collect(differences, "", then, now);
        return String.join("; ", differences);
    }

    private static void collect(List<String> differences, String prefix, Record then, Record now) {
        for (RecordComponent each : now.getClass().getRecordComponents()) {
            Object before = value(each, then);
            Object after = value(each, now);
            String name = prefix + each.getName();
            if (before instanceof Record a && after instanceof Record b) {
                collect(differences, name + ".", a, b);
            } else if (!Objects.equals(before, after)) {
                differences.add(name + " " + word(before) + " then, " + word(after) + " now");
            }
        }
    }

    private static Object word(Object value) {
        return value == null ? "none" : value;
    }

    private static Object value(RecordComponent component, Record record) {
        try {
            return component.getAccessor().invoke(record);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("cannot read " + component, e);
        }
    }
}
