package org.rlr.model.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonParseException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {
    private record Values(
            boolean yes,
            int count,
            double x,
            @Nullable Double maybe,
            @Nullable Integer one) {}

    private record Windows(Map<Integer, Integer> windows) {}

    @Test
    void writtenRecordsAreReadBack() {
        for (Values values : new Values[] {new Values(true, -3, 1e-300, 2.5, 7), new Values(false, 0, 0, null, null)}) {
            assertEquals(values, Json.read(Json.write(values), Values.class));
        }
        assertEquals(
                new Values(false, 2, 1, null, null),
                Json.read("{\"yes\": false, \"count\": 2.0, \"x\": 1}", Values.class));
    }

    private record Nested(
            List<Values> list,
            Map<String, Values> map,
            @Nullable Values one) {}

    /** Gson uses 0 and false for missing numbers and booleans. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            'list': [], 'map': {}, 'one': {'yes': true, 'count': 1}                  | $.one.x
            'list': [], 'map': {'a': {'yes': true, 'x': 1}}                          | $.map.a.count
            'list': [{'count': 1, 'x': 1}], 'map': {}                                | $.list[].yes""")
    void whatIsMissingIsNamed(String members, String place) {
        String json = "{" + members.replace('\'', '"') + "}";
        JsonParseException e = assertThrows(JsonParseException.class, () -> Json.read(json, Nested.class));
        assertEquals(place + " is missing", e.getMessage());
    }

    @Test
    void numbersAreKeysOfMaps() {
        Windows windows = new Windows(Map.of(2, 9, 3, 5));
        assertEquals(windows, Json.read(Json.write(windows), Windows.class));
        for (String wrong : new String[] {"{\"two\": 9}", "{\"2\": 9, \"1e999\": 5}"}) {
            assertThrows(
                    JsonParseException.class, () -> Json.read("{\"windows\": " + wrong + "}", Windows.class), wrong);
        }
    }

    @Test
    void aListInsteadOfARecordIsReportedBriefly() {
        JsonParseException e = assertThrows(JsonParseException.class, () -> Json.read("[]", Values.class));
        String message = String.valueOf(e.getMessage());
        assertTrue(message.contains("BEGIN_OBJECT") && !message.contains("http"), message);
    }

    /** Gson accepts any text as a boolean, a text as a number, and reads too large numbers as infinity. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "yes: \"x\"",
                "yes: \"true\"",
                "yes: 1",
                "count: \"5\"",
                "count: 1.5",
                "count: 1e999",
                "count: 3000000000",
                "count: true",
                "x: 1e999",
                "x: NaN",
                "x: \"1\"",
                "maybe: Infinity",
                "one: []",
                "yes: {}"
            })
    void otherTypesAreErrorsThatNameThePlace(String value) {
        String json = "{\"" + value.replaceFirst(":", "\":") + "}";
        JsonParseException e = assertThrows(JsonParseException.class, () -> Json.read(json, Values.class));
        String place = "$." + value.replaceFirst(":.*", "") + " is not ";
        assertTrue(String.valueOf(e.getMessage()).contains(place), json + ": " + e.getMessage());
    }
}
