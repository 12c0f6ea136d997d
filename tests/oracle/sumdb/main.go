// Verifies an audit log with the packages that Go's own module proxy trusts: golang.org/x/mod/sumdb/note and
// .../tlog. Nothing in here computes a tree of its own: it reads files, and asks those packages.
//
// Each line of standard input is a job in JSON, each line of standard output its verdict, in order.
package main

import (
	"bufio"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// A job says what to verify, with which verifier key.
type job struct {
	Kind string // "tiles": a published log; "proof": a proof file and its entry; "trees": a consistency proof
	Key  string

	Directory string
	Older     string // of tiles: the file of a checkpoint that was kept, or ""
	Every     int64  // of tiles: prove the inclusion of each so manieth entry

	Proof string
	Entry string

	Sizes []int64  // of trees: the older and the newer
	Roots []string // of trees: theirs, in base64
	Path  []string // of trees: the proof, in base64
}

type verdict struct {
	Good    bool   `json:"good"`
	Fault   string `json:"fault"`
	Entries int64  `json:"entries"`
	Proved  int64  `json:"proved"`
}

const tileHeight = 8

func main() {
	in, out := bufio.NewScanner(os.Stdin), bufio.NewWriter(os.Stdout)
	in.Buffer(nil, 1<<20)
	waiting := make(chan chan verdict, 2*runtime.NumCPU())
	go func() {
		defer close(waiting)
		for in.Scan() {
			line, one := append([]byte(nil), in.Bytes()...), make(chan verdict, 1)
			waiting <- one
			go func() { one <- judged(line) }()
		}
	}()
	encoder := json.NewEncoder(out)
	for one := range waiting {
		if err := encoder.Encode(<-one); err != nil {
			panic(err)
		}
		out.Flush()
	}
}

func judged(line []byte) (v verdict) {
	defer func() {
		if fault := recover(); fault != nil {
			v = verdict{Fault: fmt.Sprint("panic: ", fault)}
		}
	}()
	var j job
	err := json.Unmarshal(line, &j)
	if err == nil {
		switch j.Kind {
		case "tiles":
			err = j.tiles(&v)
		case "proof":
			err = j.proof(&v)
		case "trees":
			err = j.trees()
		default:
			err = errors.New("no such kind of job")
		}
	}
	if err != nil {
		return verdict{Fault: err.Error()}
	}
	v.Good = true
	return v
}

// checkpoint opens a signed note, and reads its text as tlog-checkpoint says.
func checkpoint(text []byte, key string) (tree tlog.Tree, err error) {
	verifier, err := note.NewVerifier(key)
	if err != nil {
		return tree, err
	}
	opened, err := note.Open(text, note.VerifierList(verifier))
	if err != nil {
		return tree, err
	}
	for _, signature := range opened.Sigs { // note itself takes base64 with stray bits at its end
		if _, err := base64.StdEncoding.Strict().DecodeString(signature.Base64); err != nil {
			return tree, err
		}
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) < 4 || lines[0] != verifier.Name() {
		return tree, errors.New("not a checkpoint of this log")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || strconv.FormatInt(size, 10) != lines[1] || size < 0 {
		return tree, errors.New("not a tree size")
	}
	root, err := hash(lines[2])
	return tlog.Tree{N: size, Hash: root}, err
}

func hash(text string) (h tlog.Hash, err error) {
	raw, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil {
		return h, err
	}
	if copy(h[:], raw) != len(raw) || len(raw) != tlog.HashSize {
		return h, errors.New("not a hash")
	}
	return h, nil
}

func hashes(lines []string) (path []tlog.Hash, err error) {
	for _, line := range lines {
		one, err := hash(line)
		if err != nil {
			return nil, err
		}
		path = append(path, one)
	}
	return path, nil
}

// directory is a published log: a tlog.TileReader that keeps what it read.
type directory struct {
	path string
	read map[string][]byte
}

func (d directory) Height() int { return tileHeight }

func (d directory) SaveTiles([]tlog.Tile, [][]byte) {}

func (d directory) ReadTiles(tiles []tlog.Tile) (data [][]byte, err error) {
	for _, tile := range tiles {
		raw, err := d.file(tile)
		if err != nil {
			return nil, err
		}
		data = append(data, raw)
	}
	return data, nil
}

// file reads a tile where tlog-tiles puts it: tlog's own path names the height too, and calls entries data.
func (d directory) file(tile tlog.Tile) ([]byte, error) {
	path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
	path = strings.Replace(path, "tile/data/", "tile/entries/", 1)
	if raw, ok := d.read[path]; ok {
		return raw, nil
	}
	raw, err := os.ReadFile(filepath.Join(d.path, filepath.FromSlash(path)))
	d.read[path] = raw
	return raw, err
}

// entries are those of one bundle.
func (d directory) entries(first, width int64) (found [][]byte, err error) {
	raw, err := d.file(tlog.Tile{H: tileHeight, L: -1, N: first >> tileHeight, W: int(width)})
	for err == nil && len(raw) > 0 {
		if len(raw) < 2 || len(raw) < 2+int(binary.BigEndian.Uint16(raw)) {
			return nil, errors.New("an entry is cut off")
		}
		end := 2 + int(binary.BigEndian.Uint16(raw))
		found, raw = append(found, raw[2:end]), raw[end:]
	}
	if err == nil && int64(len(found)) != width {
		err = errors.New("not as many entries as the tree says")
	}
	return found, err
}

// widthAt is how many entries the tile that begins at an index has.
func widthAt(first int64, tree tlog.Tree) int64 {
	if tree.N-first < 1<<tileHeight {
		return tree.N - first
	}
	return 1 << tileHeight
}

func (j job) tiles(v *verdict) error {
	log := directory{j.Directory, map[string][]byte{}}
	text, err := os.ReadFile(filepath.Join(j.Directory, "checkpoint"))
	if err != nil {
		return err
	}
	tree, err := checkpoint(text, j.Key)
	if err != nil {
		return err
	}
	reader := tlog.TileHashReader(tree, log)
	for first := int64(0); first < tree.N; first += 1 << tileHeight {
		width := widthAt(first, tree)
		entries, err := log.entries(first, width)
		if err != nil {
			return err
		}
		indexes := make([]int64, width)
		for i := range indexes {
			indexes[i] = tlog.StoredHashIndex(0, first+int64(i))
		}
		leaves, err := reader.ReadHashes(indexes) // proved up to the root by every tile above
		if err != nil {
			return err
		}
		for i, entry := range entries {
			if tlog.RecordHash(entry) != leaves[i] {
				return fmt.Errorf("entry %d is not the one that was logged", first+int64(i))
			}
		}
		v.Entries += width
	}
	if err := j.included(tree, reader, log, v); err != nil {
		return err
	}
	return j.grown(tree, reader)
}

// included proves entries one by one.
func (j job) included(tree tlog.Tree, reader tlog.HashReader, log directory, v *verdict) error {
	for n := int64(0); j.Every > 0 && n < tree.N; n += j.Every {
		path, err := tlog.ProveRecord(tree.N, n, reader)
		if err != nil {
			return err
		}
		first := n >> tileHeight << tileHeight
		entries, err := log.entries(first, widthAt(first, tree))
		if err != nil {
			return err
		}
		if err := tlog.CheckRecord(path, tree.N, tree.Hash, n, tlog.RecordHash(entries[n-first])); err != nil {
			return err
		}
		v.Proved++
	}
	return nil
}

// grown proves that the log begins with what it was when an older checkpoint was signed.
func (j job) grown(tree tlog.Tree, reader tlog.HashReader) error {
	if j.Older == "" {
		return nil
	}
	text, err := os.ReadFile(j.Older)
	if err != nil {
		return err
	}
	older, err := checkpoint(text, j.Key)
	if err != nil || older.N == 0 {
		return err
	}
	if older.N > tree.N {
		return errors.New("entries that were signed before are missing at the end")
	}
	path, err := tlog.ProveTree(tree.N, older.N, reader)
	if err != nil {
		return err
	}
	return tlog.CheckTree(path, tree.N, tree.Hash, older.N, older.Hash)
}

// proof checks a text of tlog-proof.
func (j job) proof(v *verdict) error {
	raw, err := os.ReadFile(j.Proof)
	if err != nil {
		return err
	}
	entry, err := os.ReadFile(j.Entry)
	if err != nil {
		return err
	}
	head, signed, found := strings.Cut(string(raw), "\n\n")
	lines := strings.Split(head, "\n")
	if !found || len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" {
		return errors.New("not a proof")
	}
	index := strings.TrimPrefix(lines[1], "index ")
	n, err := strconv.ParseInt(index, 10, 64)
	if err != nil || "index "+strconv.FormatInt(n, 10) != lines[1] || n < 0 {
		return errors.New("not an index")
	}
	tree, err := checkpoint([]byte(signed), j.Key)
	if err != nil {
		return err
	}
	if n >= tree.N {
		return errors.New("the log has no such entry")
	}
	path, err := hashes(lines[2:])
	if err != nil {
		return err
	}
	v.Proved = 1
	return tlog.CheckRecord(path, tree.N, tree.Hash, n, tlog.RecordHash(entry))
}

// trees checks a consistency proof of ours.
func (j job) trees() error {
	path, err := hashes(j.Path)
	if err != nil {
		return err
	}
	roots, err := hashes(j.Roots)
	if err != nil {
		return err
	}
	return tlog.CheckTree(path, j.Sizes[1], roots[1], j.Sizes[0], roots[0])
}
