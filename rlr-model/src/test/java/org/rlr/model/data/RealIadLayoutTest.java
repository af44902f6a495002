package org.rlr.model.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RealIadLayoutTest {
    private static final String LIST = """
            {"meta": {"prefix": "toy/", "normal_class": "OK"},
             "train": [{"category": "toy", "anomaly_class": "OK", "image_path": "OK/S0001/toy_0001_OK_C1.jpg", "mask_path": null}],
             "test": [{"category": "toy", "anomaly_class": "HS", "image_path": "NG/HS/S0002/toy_0002_NG_HS_C1.jpg", "mask_path": "NG/HS/S0002/toy_0002_NG_HS_C1.png"},
                      {"category": "toy", "anomaly_class": "OK", "image_path": "OK/S0003/toy_0003_OK_C2.jpg", "mask_path": ""}]}
            """;
    private static final List<String> LINES = List.of(
            "train toy good realiad_256/toy/OK/S0001/toy_0001_OK_C1.jpg",
            "test toy HS! realiad_256/toy/NG/HS/S0002/toy_0002_NG_HS_C1.jpg <- "
                    + "realiad_256/toy/NG/HS/S0002/toy_0002_NG_HS_C1.png",
            "test toy good realiad_256/toy/OK/S0003/toy_0003_OK_C2.jpg");

    @TempDir
    Path root;

    private Miniature mini;

    @BeforeEach
    void oneClassOfTwo() throws IOException {
        mini = new Miniature(root)
                .images(
                        "realiad_256/toy/OK/S0001/toy_0001_OK_C1.jpg",
                        "realiad_256/toy/NG/HS/S0002/toy_0002_NG_HS_C1.jpg",
                        "realiad_256/toy/OK/S0003/toy_0003_OK_C2.jpg")
                .masks("realiad_256/toy/NG/HS/S0002/toy_0002_NG_HS_C1.png")
                .text("realiad_jsons/realiad_jsons/toy.json", LIST)
                .text("realiad_jsons/realiad_jsons/usb.json", LIST)
                .text("realiad_jsons/realiad_jsons_sv/toy.json", "{}")
                .litter("realiad_256/toy/OK/S0001/Thumbs.db");
    }

    @Test
    void theListsDecideAndClassesWithoutAFolderAreNoted() {
        DataSet set = DataLayouts.read(root).requireTraining().requireEvaluation();
        assertEquals("real-iad", set.layout());
        assertEquals(LINES, mini.lines(set));
        assertTrue(set.notes().get(1).contains("usb"), set.notes().toString());
    }

    @Test
    void theListsOfASingleViewAreALayoutOfTheirOwn() throws IOException {
        mini.text(
                "realiad_jsons/realiad_jsons_sv/toy.json",
                LIST.replace(LIST.substring(LIST.indexOf("}],") + 3), "\"test\": []}"));
        DataSet all = DataLayouts.read(root);
        assertEquals("real-iad", all.layout());
        assertTrue(
                all.notes().get(0).endsWith("those in realiad_jsons_sv are there too, layout real-iad-sv takes them"),
                all.notes().toString());
        DataSet single = DataLayouts.read(root, "real-iad-sv");
        assertEquals(LINES.subList(0, 1), mini.lines(single));
        assertTrue(
                single.notes().get(0).contains("realiad_jsons_sv;"),
                single.notes().toString());
        assertEquals(
                3, single.passedOver().files(PassedOver.Reason.OTHER_FOLDER).size());
    }

    /** Without other lists, those of a single view are recognised, in a folder of lists or beside the images. */
    @Test
    void theListsOfASingleViewAlone() throws IOException {
        mini.text("realiad_jsons/realiad_jsons_sv/toy.json", LIST);
        for (String list : List.of("toy", "usb")) {
            Files.delete(root.resolve("realiad_jsons/realiad_jsons/" + list + ".json"));
        }
        assertEquals("real-iad-sv", DataLayouts.read(root).layout());
        assertEquals(LINES, mini.lines(DataLayouts.read(root.resolve("realiad_256/toy"))));
        Files.move(root.resolve("realiad_jsons/realiad_jsons_sv"), root.resolve("realiad_jsons_sv"));
        DataSet set = DataLayouts.read(root);
        assertEquals("real-iad-sv", set.layout());
        assertEquals(List.of("split by the lists in " + root.resolve("realiad_jsons_sv")), set.notes());
        Miniature.assertError(() -> DataLayouts.read(root, "real-iad"), "has no lists of images");
    }

    @Test
    void theRootMayBeAResolutionOrAClassOfOne() throws IOException {
        assertEquals(LINES, mini.lines(DataLayouts.read(root.resolve("realiad_256"))));
        assertEquals(LINES, mini.lines(DataLayouts.read(root.resolve("realiad_256/toy"))));
        mini.images("realiad_1024/toy/OK/S0001/toy_0001_OK_C1.jpg");
        assertEquals(LINES, mini.lines(DataLayouts.read(root.resolve("realiad_256"))));
        Miniature.assertError(
                () -> DataLayouts.read(root),
                "several resolutions",
                "realiad_1024, realiad_256",
                "give the folder of one");
    }

    @Test
    void listsMayLieBesideTheClassFolders() throws IOException {
        Path flat = root.resolve("realiad_256");
        Files.move(root.resolve("realiad_jsons/realiad_jsons/toy.json"), flat.resolve("toy.json"));
        Files.delete(root.resolve("realiad_jsons/realiad_jsons/usb.json"));
        assertEquals(LINES, mini.lines(DataLayouts.read(flat)));
        assertEquals(LINES, mini.lines(DataLayouts.read(flat.resolve("toy"))));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "[1];JSON object",
                "{\"train\": [];JSON object",
                "{\"train\": []};no array 'test'",
                "{\"train\": [3], \"test\": []};train[0] is no object",
                "{\"train\": [{\"anomaly_class\": \"OK\"}], \"test\": []};train[0] has no anomaly_class or no "
                        + "image_path",
                "{\"train\": [{\"anomaly_class\": \"HS\", \"image_path\": \"a.jpg\"}], \"test\": []};1 "
                        + "defective images in 'train'",
                "{\"train\": [], \"test\": [{\"anomaly_class\": \"OK\", \"image_path\": "
                        + "\"../../../a.jpg\"}]};test[0] names '../../../a.jpg'"
            })
    void aWrongListIsNamed(String json, String why) throws IOException {
        mini.text("realiad_jsons/realiad_jsons/toy.json", json);
        Miniature.assertError(() -> DataLayouts.read(root), "toy.json", why);
    }
}
