package org.rlr.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The resources of kernels in {@code registers.tsv}. More registers or stack are an error, because fewer blocks then
 * run at once; {@code -D}{@value #UPDATE} rewrites the table. Other NVRTC versions allocate differently and are not
 * compared.
 */
final class RegisterTable {
    static final String UPDATE = "rlr.registers.update";
    private static final String NAME = "registers.tsv";
    private static final String VERSION = "# NVRTC ";
    private static final String COLUMNS = "# file\tkernel\tsm\tregisters\tshared\tstack\tspilled";

    private RegisterTable() {}

    /** Registers per thread, bytes of shared memory per block, bytes of stack and of spilled registers per thread. */
    record Usage(String file, int architecture, String kernel, int registers, int shared, int stack, int spilled) {
        String key() {
            return file + "\t" + kernel + "\t" + architecture;
        }

        String line() {
            return key() + "\t" + registers + "\t" + shared + "\t" + stack + "\t" + spilled;
        }

        static Usage of(String line) {
            String[] p = line.split("\t");
            return new Usage(
                    p[0],
                    Integer.parseInt(p[2]),
                    p[1],
                    Integer.parseInt(p[3]),
                    Integer.parseInt(p[4]),
                    Integer.parseInt(p[5]),
                    Integer.parseInt(p[6]));
        }
    }

    static String text(List<Usage> all) {
        StringBuilder table = new StringBuilder(String.format(
                "%-20s %-24s %5s %9s %7s %6s %7s%n",
                "file", "kernel", "sm", "registers", "shared", "stack", "spilled"));
        all.forEach(u -> table.append(String.format(
                "%-20s %-24s %5d %9d %7d %6d %7d%n",
                u.file, u.kernel, u.architecture, u.registers, u.shared, u.stack, u.spilled)));
        return table.toString();
    }

    /** Compares with the table, or writes it if requested. */
    static void guard(List<Usage> all, String version) throws IOException {
        if (System.getProperty(UPDATE) != null) {
            write(all, version);
            return;
        }
        List<String> lines;
        try (InputStream in = RegisterTable.class.getResourceAsStream(NAME)) {
            lines = new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList();
        }
        if (!lines.get(0).equals(VERSION + version)) {
            System.out.println("Not compared with " + NAME + ", which is from "
                    + lines.get(0).substring(2) + ": this is " + version + ".");
            return;
        }
        assertEquals(
                List.of(),
                growth(lines, all),
                "more than " + NAME + " allows; if that is intended, rewrite the table with -D" + UPDATE);
    }

    /** Descriptions of kernels that use more than the table allows, or are not in it. */
    static List<String> growth(List<String> lines, List<Usage> all) {
        Map<String, Usage> before = new HashMap<>();
        lines.stream().filter(l -> !l.startsWith("#")).map(Usage::of).forEach(u -> before.put(u.key(), u));
        List<String> growth = new ArrayList<>();
        for (Usage now : all) {
            Usage then = before.get(now.key());
            if (then == null) {
                growth.add(now.line() + ": not in the table");
            } else if (now.registers > then.registers || now.stack > then.stack) {
                growth.add(now.line() + ": was " + then.line());
            }
        }
        return growth;
    }

    private static void write(List<Usage> all, String version) throws IOException {
        List<String> lines = new ArrayList<>(List.of(VERSION + version, COLUMNS));
        all.forEach(u -> lines.add(u.line()));
        Path file = Path.of("src", "test", "resources", "org", "rlr", "cuda", NAME);
        Files.write(file, lines);
        System.out.println(file + " has been written.");
    }
}
